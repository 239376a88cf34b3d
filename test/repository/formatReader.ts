import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { blake3, Blake3Hasher } from '@napi-rs/blake-hash';
import type { MachinePoint } from '../../model/point.ts';

/**
 * A second reader, written from docs/format.md alone: it shares no code with repository/. It takes an object by name, the
 * recovery key's 32 bytes and a point's id, and gives the point and the bytes of its disks.
 */
export async function readByTheDocument(
  get: (name: string) => Promise<Buffer>,
  recoveryKey: Buffer,
  pointId: string,
): Promise<{ point: MachinePoint; disks: Buffer[] }> {
  const config = checkedText(await get('strongroom.json')) as {
    id: string;
    blockSize: number;
    fanOut: number;
    mac: string;
  } & Record<string, string>;
  const repository = Buffer.from(config.id.replaceAll('-', ''), 'hex');
  const hkdf = (key: Buffer, info: Buffer) => Buffer.from(hkdfSync('sha256', key, repository, info, 32));

  const { slots } = checkedText(await get(`keys/${config.id}.0`)) as { slots: { kind: string; box: string }[] };
  const box = Buffer.from(slots.find(({ kind }) => kind === 'recovery')?.box ?? '', 'base64url');
  const boxKey = hkdf(recoveryKey, Buffer.from('strongroom/1/slot/recovery'));
  const master = open(
    boxKey,
    box.subarray(0, 12),
    Buffer.from(`strongroom/1/slot/recovery/${config.id}`),
    box.subarray(12),
  );
  const subkey = (label: string, context: Buffer = Buffer.alloc(0)) =>
    hkdf(master, Buffer.concat([Buffer.from(label), context]));

  const { format, version, id, blockSize, fanOut, created } = config;
  const mac = createHmac('sha256', subkey('strongroom/1/config')).update(
    [format, version, id, blockSize, fanOut, created].join('\n'),
  );
  if (mac.digest('hex') !== config.mac) throw new Error('mac');

  const identityKeys = { block: subkey('strongroom/1/block-id'), page: subkey('strongroom/1/page-id') };
  const part = async (role: 'block' | 'page', pack: string, offset: number, length: number, identity: string) => {
    const bytes = await get(`${role === 'block' ? 'data' : 'maps'}/${pack}`);
    if (!blake3(bytes.subarray(0, -32)).equals(bytes.subarray(-32))) throw new Error('checksum of a pack');
    const place = Buffer.alloc(8);
    place.writeBigUInt64LE(BigInt(offset));
    const packId = Buffer.from(pack, 'hex');
    const data = Buffer.concat([repository, Buffer.of(role === 'block' ? 1 : 2), packId, place]);
    const nonce = Buffer.concat([Buffer.alloc(4), place]);
    const plain = content(
      open(subkey('strongroom/1/pack', packId), nonce, data, bytes.subarray(offset, offset + length)),
    );
    const found = Blake3Hasher.newKeyed(identityKeys[role]).update(plain).digest('hex').slice(0, 32);
    if (found !== identity) throw new Error('identity');
    return plain;
  };

  const readTree = async (
    pack: string,
    offset: number,
    length: number,
    identity: string,
    level: number,
    first: number,
    into: Buffer,
  ) => {
    const page = await part('page', pack, offset, length, identity);
    if (page[0] !== level) throw new Error('level');
    const [packs, count] = [page.readUInt16LE(2), page.readUInt16LE(4)];
    const at = 8 + 16 * packs;
    for (let i = 0; i < count; i++) {
      const number = page.readUInt16LE(at + 2 * i);
      if (number === 0) continue;
      const start = first + i * fanOut ** level;
      const ref = [
        page.toString('hex', 8 + 16 * (number - 1), 8 + 16 * number),
        page.readUInt32LE(at + 2 * count + 4 * i),
        page.readUInt32LE(at + 6 * count + 4 * i),
        page.toString('hex', at + 10 * count + 16 * i, at + 10 * count + 16 * (i + 1)),
      ] as const;
      if (level > 0) await readTree(...ref, level - 1, start, into);
      else (await part('block', ...ref)).copy(into, start * blockSize);
    }
  };

  const name = `points/${pointId}`;
  const bytes = await get(name);
  const head = bytes.subarray(0, 44 + bytes.readUInt32LE(40));
  const data = Buffer.concat([head, repository, Buffer.from(name)]);
  const sealed = bytes.subarray(head.length, -32);
  const key = subkey('strongroom/1/object', bytes.subarray(8, 40));
  const point = JSON.parse(content(open(key, Buffer.alloc(12), data, sealed)).toString()) as MachinePoint;

  const disks: Buffer[] = [];
  for (const { image } of point.disks) {
    const into = Buffer.alloc(image.size);
    if (image.root) {
      const { pack, offset, length, hash } = image.root;
      await readTree(pack, offset, length, hash, image.depth - 1, 0, into);
    }
    disks.push(into);
  }
  return { point, disks };
}

function checkedText(bytes: Buffer): unknown {
  const [line = '', checksum] = bytes.toString().split('\n');
  if (createHash('sha256').update(line).digest('hex') !== checksum) throw new Error('checksum');
  return JSON.parse(line);
}

function open(key: Buffer, nonce: Buffer, data: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(data).setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

const content = (frame: Buffer): Buffer => (frame[0] === 1 ? zstdDecompressSync(frame.subarray(1)) : frame.subarray(1));
