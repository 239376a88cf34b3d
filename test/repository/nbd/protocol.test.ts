import { describe, expect, test } from 'vitest';
import { Negotiation } from '../../../repository/nbd/negotiation.ts';
import type { Answer, Offer } from '../../../repository/nbd/negotiation.ts';
import * as protocol from '../../../repository/nbd/protocol.ts';
import { replyTo } from '../../../repository/nbd/transmission.ts';
import type { Source } from '../../../repository/nbd/transmission.ts';
import { text, u16, u32, u64 } from './client.ts';

const hex = (...parts: string[]) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');
const cookie = hex('0102030405060708');
const nothing = Buffer.alloc(0);

describe('messages of the protocol, byte by byte', () => {
  test('the greeting and an option', () => {
    expect(protocol.greeting()).toEqual(hex('4e42444d41474943 49484156454f5054 0003'));
    expect(protocol.readOptionHead(hex('49484156454f5054 00000007 0000000a'))).toEqual({ option: 7, length: 10 });
    expect(protocol.readOptionHead(hex('49484156454f5055 00000007 0000000a'))).toBeUndefined();
    expect(protocol.optionReply(3, protocol.optionReplies.ack)).toEqual(
      hex('0003e889045565a9 00000003 00000001 00000000'),
    );
    expect(protocol.optionReply(3, protocol.optionReplies.unsupported, Buffer.from('no'))).toEqual(
      hex('0003e889045565a9 00000003 80000001 00000002 6e6f'),
    );
    expect(protocol.serverReply('os', 'x')).toEqual(hex('00000002 6f73 78'));
    expect(protocol.exportInfo(0x123456789a, 0x0103)).toEqual(hex('0000 000000123456789a 0103'));
    expect(protocol.blockSizeInfo(1, 4096, 0x2000000)).toEqual(hex('0003 00000001 00001000 02000000'));
    expect(protocol.exportNameReply(512, 3, true)).toEqual(hex('0000000000000200 0003'));
    expect(protocol.exportNameReply(512, 3, false)).toEqual(hex('0000000000000200 0003', '00'.repeat(124)));
  });

  test('a request', () => {
    const bytes = hex('25609513 0004 0007 0102030405060708 0000000000001000 00000200');
    expect(protocol.readRequest(bytes)).toEqual({ flags: 4, command: 7, cookie, offset: 4096n, length: 512 });
    bytes[0] = 0;
    expect(protocol.readRequest(bytes)).toBeUndefined();
  });

  test('replies: simple, errors, data and holes, block status', () => {
    const bytes = (parts: Buffer[]) => Buffer.concat(parts);
    expect(bytes(protocol.simpleReply(cookie, 0, [Buffer.from('ab')]))).toEqual(
      hex('67446698 00000000 0102030405060708 6162'),
    );
    expect(bytes(protocol.simpleReply(cookie, 5))).toEqual(hex('67446698 00000005 0102030405060708'));
    expect(bytes(protocol.errorReply(cookie, 5, 'no'))).toEqual(
      hex('668e33ef 0001 8001 0102030405060708 00000008 00000005 0002 6e6f'),
    );
    expect(bytes(protocol.doneReply(cookie))).toEqual(hex('668e33ef 0001 0000 0102030405060708 00000000'));
    const pieces = [Buffer.from('a'), Buffer.from('b'), 3, 4, Buffer.from('c')];
    expect(bytes(protocol.readReply(cookie, 256, pieces))).toEqual(
      hex(
        '668e33ef 0000 0001 0102030405060708 0000000a 0000000000000100 6162',
        '668e33ef 0000 0002 0102030405060708 0000000c 0000000000000102 00000007',
        '668e33ef 0001 0001 0102030405060708 00000009 0000000000000109 63',
      ),
    );
    const extents = [
      { length: 512, state: protocol.states.data },
      { length: 1024, state: protocol.states.holeOfZeros },
    ];
    expect(bytes(protocol.blockStatusReply(cookie, extents))).toEqual(
      hex('668e33ef 0001 0005 0102030405060708 00000014 00000001 00000200 00000000 00000400 00000003'),
    );
  });

  test('queries that are too short, too long or count more than they hold are none', () => {
    const info = Buffer.concat([text('os'), u16(2), u16(0), u16(3)]);
    expect(protocol.readInfoRequest(info)).toEqual({ name: 'os', wanted: [0, 3] });
    const query = Buffer.concat([text('os'), u32(2), text('base:'), text('x:y')]);
    expect(protocol.readMetaQuery(query)).toEqual({ name: 'os', queries: ['base:', 'x:y'] });
    for (const [whole, read] of [
      [info, protocol.readInfoRequest],
      [query, protocol.readMetaQuery],
    ] as const) {
      for (let length = 0; length < whole.length; length++) expect(read(whole.subarray(0, length))).toBeUndefined();
      expect(read(Buffer.concat([whole, Buffer.of(0)]))).toBeUndefined();
    }
    expect(protocol.readMetaQuery(Buffer.concat([text(''), u32(0xffffffff)]))).toBeUndefined();
    expect(protocol.readInfoRequest(hex('ffffffff 00'))).toBeUndefined();
  });
});

describe('negotiation', () => {
  const offers: Offer[] = [
    { name: 'os', description: 'the system', size: 1 << 20, blockSize: 4096 },
    { name: 'lun0', description: '', size: 512, blockSize: 4096 },
  ];
  const types = ({ replies }: Answer<Offer>) => replies.map((reply) => reply.readUInt32BE(12));
  const { ack, server, info, metaContext, unsupported, invalid, unknown } = protocol.optionReplies;
  const named = (name: string, ...wanted: number[]) =>
    Buffer.concat([text(name), u16(wanted.length), ...wanted.map(u16)]);
  const queried = (name: string, ...queries: string[]) =>
    Buffer.concat([text(name), u32(queries.length), ...queries.map(text)]);
  const begin = () => new Negotiation(offers, true);

  test('exports are listed, asked for and chosen; the first is the default', () => {
    const negotiation = begin();
    expect(types(negotiation.answer(3, nothing))).toEqual([server, server, ack]);
    expect(types(negotiation.answer(3, Buffer.of(0)))).toEqual([invalid]);
    expect(types(negotiation.answer(6, named('lun0', 1, 2)))).toEqual([info, info, info, info, ack]);
    expect(types(negotiation.answer(6, named('lun1')))).toEqual([unknown]);
    expect(types(negotiation.answer(7, named('lun1')))).toEqual([unknown]);
    expect(types(negotiation.answer(7, Buffer.of(0)))).toEqual([invalid]);
    expect(negotiation.answer(7, named('')).then).toEqual({ chosen: offers[0], structured: false, allocation: false });
    expect(begin().answer(7, named('lun0')).then).toMatchObject({ chosen: offers[1] });
  });

  test('by its name alone an export is chosen, or the client is sent away', () => {
    const { replies, then } = begin().answer(1, Buffer.from('lun0'));
    expect(Buffer.concat(replies)).toEqual(Buffer.concat([u64(512), u16(0x0103)]));
    expect(then).toMatchObject({ chosen: offers[1] });
    expect(Buffer.concat(new Negotiation(offers, false).answer(1, nothing).replies)).toHaveLength(134);
    expect(begin().answer(1, Buffer.from('x'))).toEqual({ replies: [], then: 'close' });
    expect(begin().answer(2, nothing)).toMatchObject({ then: 'close' });
  });

  test('block status is for one export, and needs structured replies', () => {
    const negotiation = begin();
    expect(types(negotiation.answer(10, queried('os', 'base:allocation')))).toEqual([invalid]);
    expect(types(negotiation.answer(8, Buffer.of(0)))).toEqual([invalid]);
    expect(types(negotiation.answer(8, nothing))).toEqual([ack]);
    expect(types(negotiation.answer(9, queried('os')))).toEqual([metaContext, ack]);
    expect(types(negotiation.answer(9, queried('os', 'base:')))).toEqual([metaContext, ack]);
    expect(types(negotiation.answer(9, queried('os', 'qemu:')))).toEqual([ack]);
    expect(types(negotiation.answer(10, queried('os', 'base:')))).toEqual([ack]);
    expect(types(negotiation.answer(10, queried('nope', 'base:allocation')))).toEqual([unknown]);
    expect(types(negotiation.answer(10, Buffer.of(1)))).toEqual([invalid]);
    expect(types(negotiation.answer(10, queried('os', 'x:y', 'base:allocation')))).toEqual([metaContext, ack]);
    expect(negotiation.answer(7, named('lun0')).then).toMatchObject({ structured: true, allocation: false });
    expect(negotiation.answer(7, named('')).then).toMatchObject({ structured: true, allocation: true });
    negotiation.answer(10, queried('os'));
    expect(negotiation.answer(7, named('os')).then).toMatchObject({ allocation: false });
  });

  test('TLS, and what is not known, is not had', () => {
    for (const option of [4, 5, 11, 12, 0xffffffff]) {
      expect(types(begin().answer(option, nothing))).toEqual([unsupported]);
    }
  });
});

describe('commands', () => {
  const source: Source = {
    name: 'os',
    description: '',
    size: 8192,
    blockSize: 4096,
    read: async (offset, length) => (offset < 4096 ? [Buffer.alloc(length, 1)] : [length]),
    async *extents() {
      yield { offset: 4096, length: 1024 };
      yield { offset: 6144, length: 512 };
    },
  };
  const plain = { chosen: source, structured: false, allocation: false };
  const rich = { chosen: source, structured: true, allocation: true };
  const reply = async (session: typeof plain, command: number, offset: number | bigint, length: number, flags = 0) =>
    Buffer.concat(await replyTo({ command, cookie, flags, offset: BigInt(offset), length }, session, () => undefined));
  const { EINVAL, EPERM } = protocol.errors;
  const errorOf = async (...args: Parameters<typeof reply>) => (await reply(...args)).readUInt32BE(20);

  test('reads outside the export, too long or with unknown flags are invalid; writes are not permitted', async () => {
    const ranges: [number | bigint, number, number?][] = [
      [8192, 1],
      [8191, 2],
      [0, 0],
      [2n ** 64n - 1n, 1],
      [0, 32 * 1024 * 1024 + 1],
      [0, 512, 1],
    ];
    for (const range of ranges) {
      expect(await errorOf(rich, 0, ...range)).toBe(EINVAL);
      expect((await reply(plain, 0, ...range)).readUInt32BE(4)).toBe(EINVAL);
    }
    // Unfragmented reads come with structured replies only.
    expect((await reply(plain, 0, 0, 512, 4)).readUInt32BE(4)).toBe(EINVAL);
    for (const command of [1, 4, 6]) expect(await errorOf(rich, command, 0, 512)).toBe(EPERM);
    for (const command of [5, 8, 99]) expect(await errorOf(rich, command, 0, 512)).toBe(EINVAL);
    expect(await reply(rich, 3, 0, 0)).toEqual(Buffer.concat(protocol.doneReply(cookie)));
    expect(await reply(plain, 3, 0, 0)).toEqual(Buffer.concat(protocol.simpleReply(cookie, 0)));
  });

  test('a hole is one to who understands it, and zeros to others', async () => {
    const zeros = Buffer.alloc(512);
    expect(await reply(plain, 0, 4096, 512)).toEqual(Buffer.concat(protocol.simpleReply(cookie, 0, [zeros])));
    expect(await reply(rich, 0, 4096, 512)).toEqual(Buffer.concat(protocol.readReply(cookie, 4096, [512])));
    // A lone hole is one chunk, as "do not fragment" asks.
    expect(await reply(rich, 0, 4096, 512, 4)).toEqual(Buffer.concat(protocol.readReply(cookie, 4096, [512])));
  });

  test('block status names data and holes from the offset on, one of them when asked', async () => {
    const status = async (offset: number, length: number, flags = 0) => {
      const bytes = await reply(rich, 7, offset, length, flags);
      return Array.from({ length: (bytes.length - 24) / 8 }, (_, i) => [
        bytes.readUInt32BE(24 + 8 * i),
        bytes.readUInt32BE(28 + 8 * i),
      ]);
    };
    expect(await status(0, 8192)).toEqual([[4096, 3], [1024, 0], [1024, 3], [512, 0], [1536, 3]]); // prettier-ignore
    expect(await status(512, 1024)).toEqual([[1024, 3]]);
    expect(await status(4608, 1024)).toEqual([[512, 0], [512, 3]]); // prettier-ignore
    expect(await status(0, 8192, 8)).toEqual([[4096, 3]]);
    expect(await errorOf(rich, 7, 0, 8193)).toBe(EINVAL);
    expect(await errorOf({ ...rich, allocation: false }, 7, 0, 512)).toBe(EINVAL);
  });

  test('what cannot be read is an input error to the client, and a line in the log', async () => {
    const lines: string[] = [];
    const broken = { ...rich, chosen: { ...source, read: () => Promise.reject(new Error('the disk is gone')) } };
    const request = { command: 0, cookie, flags: 0, offset: 0n, length: 512 };
    const bytes = Buffer.concat(await replyTo(request, broken, (line) => lines.push(line)));
    expect(bytes.readUInt32BE(20)).toBe(protocol.errors.EIO);
    expect(lines).toEqual(['os: 512 bytes at 0 cannot be read: the disk is gone']);
  });
});
