#!/bin/bash
# Brings a Strongroom worker to life. Runs as a managed Run Command; nothing but curl, coreutils and systemd is needed.
# Environment: STRONGROOM_FILES ([{"name","size","md5","sha256","executable"},…] as JSON.stringify writes it),
# STRONGROOM_FILES_URL (ends in the set's version), STRONGROOM_FILES_SAS (secret), STRONGROOM_MESSAGE_KEY (secret), and what worker/settings.ts lists.
# Exit codes: 64 bad manifest, 65 a file is not the one that was built (stderr: "BINARY_MISMATCH <name>: …").
set -euo pipefail
umask 077

dir="${STATE_DIRECTORY:-${HOME:-/root}/.local/share/strongroom}"
mkdir -p "$dir"
cd "$dir"

field() { # <entry> <name>: the field's value; our values need no escapes
  [[ $1 =~ \"$2\":\"?([A-Za-z0-9._-]+) ]] || { echo "STRONGROOM_FILES: no \"$2\" in $1" >&2; exit 64; }
  echo "${BASH_REMATCH[1]}"
}
sum() { "$1" < "$2" | cut -d' ' -f1; } # <md5sum|sha256sum> <file>

grep -q '{' <<< "$STRONGROOM_FILES" || { echo 'STRONGROOM_FILES names no file' >&2; exit 64; }
while read -r entry; do
  name=$(field "$entry" name) md5=$(field "$entry" md5) sha256=$(field "$entry" sha256) executable=$(field "$entry" executable)
  if [ ! -f "$name" ] || [ "$(sum sha256sum "$name")" != "$sha256" ]; then
    # The address carries a SAS: it reaches curl on standard input, never as an argument that `ps` would show.
    printf 'url = "%s/%s?%s"\n' "$STRONGROOM_FILES_URL" "$name" "$STRONGROOM_FILES_SAS" |
      curl --config - --proto '=https' --silent --show-error --fail --connect-timeout 10 \
        --retry 8 --retry-delay 2 --retry-all-errors --output "$name.part"
    mv "$name.part" "$name"
  fi
  for check in "md5sum $md5" "sha256sum $sha256"; do
    got=$(sum "${check% *}" "$name")
    [ "$got" = "${check#* }" ] ||
      { rm -f "$name"; echo "BINARY_MISMATCH $name: ${check% *} is $got, expected ${check#* }" >&2; exit 65; }
  done
  if [ "$executable" = true ]; then chmod 700 "$name"; fi
done < <(grep -o '{[^}]*}' <<< "$STRONGROOM_FILES")

STRONGROOM_VERSION="${STRONGROOM_FILES_URL##*/}"
settings="$dir/worker-$STRONGROOM_ATTEMPT.env"
rm -f worker-*.env
for variable in STRONGROOM_{VERSION,ATTEMPT,INBOX_URL,MAILBOX_URL,LOGS_URL,NETWORK,CLIENT_ID,MESSAGE_KEY}; do
  printf '%s="%s"\n' "$variable" "${!variable}"
done > "$settings"
unset STRONGROOM_FILES_SAS STRONGROOM_MESSAGE_KEY

systemd-run --unit="strongroom-worker-$STRONGROOM_ATTEMPT" --collect --property=Restart=on-failure --property=RestartSec=5 \
  "$dir/node" --env-file="$settings" "$dir/worker.mjs"
