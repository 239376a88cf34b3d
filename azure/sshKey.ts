import { generateKeyPairSync } from 'node:crypto';

/**
 * The public half of a new RSA key, in OpenSSH's form. The private half is never seen by anyone: Azure demands a key to
 * create a Linux machine, and nobody logs in to a worker.
 */
export function throwawaySshPublicKey(): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { e, n } = publicKey.export({ format: 'jwk' });
  const parts = [
    Buffer.from('ssh-rsa'),
    positive(Buffer.from(e!, 'base64url')),
    positive(Buffer.from(n!, 'base64url')),
  ];
  const blob = Buffer.concat(parts.flatMap((part) => [length(part), part]));
  return `ssh-rsa ${blob.toString('base64')} strongroom`;
}

/** OpenSSH numbers are signed: a leading zero keeps one with its top bit set positive. */
function positive(number: Buffer): Buffer {
  return number[0]! & 0x80 ? Buffer.concat([Buffer.of(0), number]) : number;
}

function length(part: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(part.length);
  return size;
}
