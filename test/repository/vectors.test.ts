import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { writeCheckedText } from '../../repository/format/checkedText.ts';
import { configMac } from '../../repository/format/config.ts';
import { unframe } from '../../repository/format/frame.ts';
import { writeForward } from '../../repository/format/forward.ts';
import { readIndexObject, writeIndexObject } from '../../repository/format/indexObject.ts';
import { passphraseSlot, recoverySlot, wrappedSlot } from '../../repository/keys/keySlots.ts';
import { isWholePack, openPart, PackBuilder, readDirectory } from '../../repository/format/pack.ts';
import { readPage, writePage } from '../../repository/format/page.ts';
import type { Page } from '../../repository/format/page.ts';
import { writeRecoveryKey } from '../../repository/keys/recoveryKey.ts';
import { readClearPart, readSealedObject, writeSealedObject } from '../../repository/format/sealedObject.ts';
import { deriveSecrets } from '../../repository/format/secrets.ts';

const DOCUMENT = new URL('../../docs/format.md', import.meta.url);
const MARK = '<!-- vectors -->\n';

/** The bytes `from`, `from` + 1, …: `length` of them. */
const counting = (length: number, from: number) => Buffer.from(Array.from({ length }, (_, i) => (from + i) % 256));

const master = counting(32, 0);
const id = '00112233-4455-4677-8899-aabbccddeeff';
const secrets = deriveSecrets(master, id);
const RAW = Buffer.of(0);

/** One pack of two blocks, stored raw. */
function samplePack() {
  const builder = new PackBuilder('data', counting(16, 0x10), secrets);
  const blocks = [Buffer.from('first block'), Buffer.from('second block')];
  const refs = blocks.map((block) => builder.add([RAW, block], secrets.blockIdentity(block)));
  return { blocks, refs, bytes: Buffer.concat(builder.finish()), entries: builder.entries };
}

function samplePage(): Page {
  const [first, second] = samplePack().refs;
  return [first ?? null, null, second ?? null, null];
}

async function vectors(): Promise<string> {
  const pack = samplePack();
  const page = writePage(0, samplePage());
  const config = {
    format: 'strongroom-repository',
    version: 1,
    id,
    blockSize: 262144,
    fanOut: 256,
    created: '2026-05-01T00:00:00.000Z',
  } as const;
  const recoveryKey = counting(32, 0x40);
  const clear = Buffer.from('clear');
  const rows: [string, string][] = [
    ['master key', master.toString('hex')],
    ['repository id', id],
    ['pack key of pack 101112…1f', secrets.packKey(counting(16, 0x10).toString('hex')).toString('hex')],
    ['object key of salt 202122…3f', secrets.objectKey(counting(32, 0x20)).toString('hex')],
    ['block identity of "first block"', secrets.blockIdentity(Buffer.from('first block')).toString('hex')],
    ['block identity of 262144 bytes 00 01 … ff 00 …', secrets.blockIdentity(counting(262144, 0)).toString('hex')],
    ['page identity of "first block"', secrets.pageIdentity(Buffer.from('first block')).toString('hex')],
    [
      'configuration',
      writeCheckedText({ ...config, mac: configMac(config, secrets) })
        .toString()
        .trimEnd(),
    ],
    ['recovery key 404142…5f', writeRecoveryKey(recoveryKey)],
    [
      'recovery slot, nonce 606162…6b',
      JSON.stringify(recoverySlot(master, recoveryKey, id, (length) => counting(length, 0x60))),
    ],
    ['data pack 101112…1f of "first block", "second block", both raw', pack.bytes.toString('hex')],
    ['page of level 0: first block, hole, second block', page.toString('hex')],
    [
      'index 7071…7f of that pack, salt 202122…3f',
      writeIndexObject(
        secrets,
        counting(16, 0x70).toString('hex'),
        [{ pack: counting(16, 0x10).toString('hex'), size: pack.bytes.length, entries: pack.entries }],
        counting(32, 0x20),
      ).toString('hex'),
    ],
    [
      'sealed object (point) named points/p, clear part "clear", content "content", salt 202122…3f',
      writeSealedObject(secrets, 'point', 'points/p', clear, Buffer.from('content'), counting(32, 0x20)).toString(
        'hex',
      ),
    ],
    [
      'passphrase slot of "correct horse battery staple", salt 808182…8f, nonce 606162…6b',
      JSON.stringify(
        await passphraseSlot(master, 'correct horse battery staple', id, (length) =>
          counting(length, length === 16 ? 0x80 : 0x60),
        ),
      ),
    ],
    [
      'Key Vault slot (RSA-OAEP is random: a vault that wrapped to 000102…ff)',
      JSON.stringify(
        await wrappedSlot(master, {
          keyId: 'https://vault.example/keys/repository',
          wrap: async () => ({ wrapped: counting(256, 0), keyVersion: '0123456789abcdef0123456789abcdef' }),
          unwrap: async () => master,
        }),
      ),
    ],
    [
      'forward 909192…9f of data pack 101112…1f: 28 bytes of 32 to 64, 29 of 60 to 30 of 4096 of pack a0a1a2…af, salt 202122…3f',
      writeForward(
        secrets,
        { kind: 'data', pack: counting(16, 0x10).toString('hex'), forward: counting(16, 0x90).toString('hex') },
        new Map([
          [60, { pack: counting(16, 0xa0).toString('hex'), offset: 4096, length: 30 }],
          [32, { pack: counting(16, 0xa0).toString('hex'), offset: 64, length: 28 }],
        ]),
        counting(32, 0x20),
      ).toString('hex'),
    ],
  ];
  return rows.map(([name, value]) => `${name}:\n\n${value.replace(/^/gm, '    ')}\n`).join('\n');
}

describe('format', () => {
  test('the vectors of docs/format.md are what the code makes', async () => {
    const text = await readFile(DOCUMENT, 'utf8');
    const at = text.indexOf(MARK) + MARK.length;
    const expected = `${text.slice(0, at)}\n${await vectors()}`;
    if (process.env['UPDATE_VECTORS'] === '1') await writeFile(DOCUMENT, expected);
    else expect(text).toBe(expected);
  });

  test('a pack gives back its directory and its blocks, in their place only', () => {
    const { bytes, blocks, refs, entries } = samplePack();
    const [first, second] = refs;
    const pack = first?.pack ?? '';
    const key = secrets.packKey(pack);
    expect(isWholePack('data', bytes)).toBe(true);
    expect(isWholePack('maps', bytes)).toBe(false);
    expect(readDirectory(secrets, 'data', pack, bytes)).toEqual(entries);
    for (const [i, ref] of refs.entries()) {
      const sealed = bytes.subarray(ref.offset, ref.offset + ref.length);
      expect(unframe(openPart(secrets, key, 'block', ref, sealed), 100)).toEqual(blocks[i]);
      expect(() => openPart(secrets, key, 'page', ref, sealed)).toThrowError(/fails authentication/);
      expect(() => openPart(secrets, key, 'block', { ...ref, offset: ref.offset + 1 }, sealed)).toThrowError(
        /fails authentication/,
      );
    }
    expect(second?.offset).toBe((first?.offset ?? 0) + (first?.length ?? 0));
    expect(() => readDirectory(secrets, 'data', counting(16, 0x11).toString('hex'), bytes)).toThrowError(
      /fails authentication/,
    );
  });

  test('a page gives back its references; what is no page of that level is none', () => {
    const page = samplePage();
    const bytes = writePage(0, page);
    expect(readPage(bytes, 0, 4)).toEqual(page);
    expect(readPage(bytes, 1, 4)).toBeUndefined();
    expect(readPage(bytes, 0, 2)).toBeUndefined();
    expect(readPage(bytes.subarray(0, -1), 0, 4)).toBeUndefined();
    expect(readPage(Buffer.alloc(3), 0, 4)).toBeUndefined();
  });

  test('a sealed object opens under its own name and kind only', () => {
    const sealed = writeSealedObject(
      secrets,
      'point',
      'points/p',
      Buffer.from('clear'),
      Buffer.from('content'),
      counting(32, 1),
    );
    expect(readSealedObject(secrets, 'point', 'points/p', sealed).toString()).toBe('content');
    expect(readClearPart('point', 'points/p', sealed).toString()).toBe('clear');
    expect(() => readSealedObject(secrets, 'point', 'points/q', sealed)).toThrowError(/points\/q fails authentication/);
    expect(() => readSealedObject(secrets, 'index', 'points/p', sealed)).toThrowError(/altered/);
    expect(() =>
      readSealedObject(deriveSecrets(master, id.replace('0', '1')), 'point', 'points/p', sealed),
    ).toThrowError(/fails auth/);
  });

  test('an index object gives back its packs', () => {
    const { bytes, entries, refs } = samplePack();
    const pack = { pack: refs[0]?.pack ?? '', size: bytes.length, entries };
    const written = writeIndexObject(secrets, 'ab', [pack, { ...pack, pack: 'cd'.repeat(16) }], counting(32, 1));
    expect(readIndexObject(secrets, 'index/ab', written)).toEqual([pack, { ...pack, pack: 'cd'.repeat(16) }]);
  });
});
