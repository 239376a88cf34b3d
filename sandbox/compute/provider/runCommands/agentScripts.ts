/** What a machine's agent does around a managed run command, in its own network: bash, with the variables named. */

/** `bearer <query>`: a token of the machine's identity for storage; the query picks the identity. */
const BEARER = `bearer() {
  curl -fsS -H Metadata:true "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F$1" |
    sed -n 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/p'
}
`;

/** Fetches SCRIPT_URI and becomes it. SCRIPT_IDENTITY: query of an identity, or `none`. */
export const FETCH_AND_RUN = `set -e
${BEARER}
file=$(mktemp)
headers=(-H 'x-ms-version: 2021-12-02')
if [ "$SCRIPT_IDENTITY" != none ]; then headers+=(-H "Authorization: Bearer $(bearer "$SCRIPT_IDENTITY")"); fi
curl -fsSL --retry 3 "\${headers[@]}" -o "$file" "$SCRIPT_URI"
exec env -u SCRIPT_URI -u SCRIPT_IDENTITY /bin/bash "$file"
`;

/** Makes the append blob BLOB_URI of a file, in blocks of 4 MiB. BLOB_IDENTITY: query of an identity, or `none`. */
export const WRITE_BLOB = `set -e
${BEARER}
headers=(-H 'x-ms-version: 2021-12-02' -H 'Content-Type: application/octet-stream')
if [ "$BLOB_IDENTITY" != none ]; then headers+=(-H "Authorization: Bearer $(bearer "$BLOB_IDENTITY")"); fi
put() { curl -fsS -X PUT "\${headers[@]}" "$@" >/dev/null; }
put -H 'x-ms-blob-type: AppendBlob' -H 'x-ms-blob-content-type: text/plain' --data-binary @/dev/null "$BLOB_URI"
case "$BLOB_URI" in *\\?*) append="$BLOB_URI&comp=appendblock" ;; *) append="$BLOB_URI?comp=appendblock" ;; esac
[ -s "$BLOB_FILE" ] || exit 0
blocks=$(mktemp -d)
split -b 4194304 -d -a 6 "$BLOB_FILE" "$blocks/"
for block in "$blocks"/*; do put --data-binary "@$block" "$append"; done
rm -rf "$blocks"
`;
