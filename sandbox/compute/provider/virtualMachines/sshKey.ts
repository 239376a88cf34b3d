/** Shortest RSA modulus that Azure takes, in bits. */
const LEAST_RSA_BITS = 2048;

/** Whether a line is an OpenSSH public key that Azure takes: RSA of at least 2048 bits, Ed25519, or an ECDSA one. */
export function isPublicKey(line: string): boolean {
  const [type = '', encoded = ''] = line.trim().split(/\s+/);
  const fields = wireFields(Buffer.from(encoded, 'base64'));
  if (fields?.[0]?.toString('latin1') !== type) return false;
  if (type === 'ssh-rsa') return fields.length === 3 && bits(fields[2]!) >= LEAST_RSA_BITS;
  if (type === 'ssh-ed25519') return fields.length === 2 && fields[1]!.length === 32;
  return /^ecdsa-sha2-nistp(256|384|521)$/.test(type) && fields.length === 3;
}

/** The length-prefixed strings of RFC 4253's key format; undefined when they do not fill the blob exactly. */
function wireFields(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length;) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function bits(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (number.length - first) * 8 - Math.clz32(number[first]!) + 24;
}
