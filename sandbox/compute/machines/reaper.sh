#!/bin/bash
# Stands beside one machine. Its input is a pipe that only the sandbox holds: when that ends, because the machine is
# stopped or because the sandbox died, every process with the machine's mark ends too (TERM, then KILL).
mark="SANDBOX_MACHINE=$1"
trap '' HUP INT TERM QUIT PIPE

marked() { grep -lszxF -e "$mark" /proc/[0-9]*/environ 2>/dev/null | tr -dc '0-9\n'; }

# A process in the middle of an exec shows no environment for a moment: only three empty looks in a row mean "none".
end_with() { # signal, rounds of 50 ms
  local pid pids round empty=0
  local -A told=()
  for ((round = 0; round < $2; round++)); do
    pids=$(marked)
    if [ -n "$pids" ]; then empty=0; elif ((++empty == 3)); then exit 0; fi
    for pid in $pids; do
      [ -n "${told[$pid]-}" ] || kill -s "$1" "$pid" 2>/dev/null
      told[$pid]=yes
    done
    sleep 0.05
  done
}

IFS= read -r -d '' _
end_with TERM 60
end_with KILL 200
exit 1
