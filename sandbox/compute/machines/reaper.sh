#!/bin/bash
# Stands beside one machine. Its input is a pipe that only the sandbox holds: when that ends, because the machine is
# stopped or because the sandbox died, every process with the machine's mark ends too (TERM, then KILL).
mark="SANDBOX_MACHINE=$1"
trap '' HUP INT TERM QUIT PIPE

marked() { grep -lszxF -e "$mark" /proc/[0-9]*/environ 2>/dev/null | tr -dc '0-9\n'; }

end_with() { # signal, rounds of 50 ms
  local pids round
  for ((round = 0; round < $2; round++)); do
    pids=$(marked)
    [ -z "$pids" ] && exit 0
    if [ "$1" = KILL ] || [ "$round" = 0 ]; then
      # shellcheck disable=SC2086
      kill -s "$1" $pids 2>/dev/null
    fi
    sleep 0.05
  done
}

IFS= read -r -d '' _
end_with TERM 60
end_with KILL 200
exit 1
