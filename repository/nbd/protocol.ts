/**
 * Messages of the Network Block Device protocol, byte by byte, as far as a read-only server speaks it: fixed newstyle
 * negotiation, simple and structured replies, block status. Names and numbers are the specification's
 * (github.com/NetworkBlockDevice/nbd, doc/proto.md); integers are big-endian. Nothing here does I/O.
 */

export const handshakeFlags = { fixedNewstyle: 1, noZeroes: 2 } as const;

export const options = {
  exportName: 1,
  abort: 2,
  list: 3,
  startTls: 5,
  info: 6,
  go: 7,
  structuredReply: 8,
  listMetaContext: 9,
  setMetaContext: 10,
} as const;

const ERROR_REPLY = 2 ** 31;
export const optionReplies = {
  ack: 1,
  server: 2,
  info: 3,
  metaContext: 4,
  unsupported: ERROR_REPLY + 1,
  invalid: ERROR_REPLY + 3,
  unknown: ERROR_REPLY + 6,
} as const;

export const infos = { export: 0, name: 1, description: 2, blockSize: 3 } as const;

export const transmissionFlags = {
  hasFlags: 1 << 0,
  readOnly: 1 << 1,
  sendDontFragment: 1 << 7,
  canMultiConnect: 1 << 8,
} as const;

export const commands = {
  read: 0,
  write: 1,
  disconnect: 2,
  flush: 3,
  trim: 4,
  writeZeroes: 6,
  blockStatus: 7,
} as const;
export const commandFlags = { dontFragment: 1 << 2, oneExtent: 1 << 3 } as const;

const chunks = { none: 0, offsetData: 1, offsetHole: 2, blockStatus: 5, error: 2 ** 15 + 1 } as const;
const DONE = 1;

export const errors = { EPERM: 1, EIO: 5, EINVAL: 22 } as const;
export type ErrorNumber = (typeof errors)[keyof typeof errors];

/** State of an extent in `base:allocation`. */
export const states = { data: 0, holeOfZeros: 1 | 2 } as const;
export const ALLOCATION = 'base:allocation';
/** The number under which replies name that context. */
export const ALLOCATION_ID = 1;

const INIT_MAGIC = Buffer.from('NBDMAGIC', 'ascii');
const OPTION_MAGIC = Buffer.from('IHAVEOPT', 'ascii');
const OPTION_REPLY_MAGIC = 0x3e889045565a9n;
const REQUEST_MAGIC = 0x25609513;
const SIMPLE_REPLY_MAGIC = 0x67446698;
const CHUNK_MAGIC = 0x668e33ef;

export const CLIENT_FLAGS_BYTES = 4;
export const OPTION_HEAD_BYTES = 16;
export const REQUEST_BYTES = 28;

/** What a server says first. */
export function greeting(): Buffer {
  return Buffer.concat([INIT_MAGIC, OPTION_MAGIC, u16(handshakeFlags.fixedNewstyle | handshakeFlags.noZeroes)]);
}

/** What a client asks for while haggling: its number and the bytes of data that follow; undefined when it is no option. */
export function readOptionHead(bytes: Buffer): { option: number; length: number } | undefined {
  if (!bytes.subarray(0, 8).equals(OPTION_MAGIC)) return undefined;
  return { option: bytes.readUInt32BE(8), length: bytes.readUInt32BE(12) };
}

export function optionReply(option: number, type: number, ...data: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(OPTION_REPLY_MAGIC);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(lengthOf(data), 16);
  return Buffer.concat([head, ...data]);
}

/** The end of a negotiation by `NBD_OPT_EXPORT_NAME`. */
export function exportNameReply(size: number, flags: number, noZeroes: boolean): Buffer {
  return Buffer.concat([u64(size), u16(flags), Buffer.alloc(noZeroes ? 0 : 124)]);
}

export const serverReply = (name: string, description: string): Buffer =>
  Buffer.concat([text(name), Buffer.from(description, 'utf8')]);
export const exportInfo = (size: number, flags: number): Buffer =>
  Buffer.concat([u16(infos.export), u64(size), u16(flags)]);
export const textInfo = (info: number, value: string): Buffer => Buffer.concat([u16(info), Buffer.from(value, 'utf8')]);
export const blockSizeInfo = (least: number, preferred: number, most: number): Buffer =>
  Buffer.concat([u16(infos.blockSize), u32(least), u32(preferred), u32(most)]);
export const metaContext = (id: number, name: string): Buffer => Buffer.concat([u32(id), Buffer.from(name, 'utf8')]);

/** Data of `NBD_OPT_INFO` and `NBD_OPT_GO`: an export's name, and what the client wants to know of it. */
export function readInfoRequest(data: Buffer): { name: string; wanted: number[] } | undefined {
  return whole(data, (fields) => {
    const name = fields.text();
    return { name, wanted: Array.from({ length: fields.u16() }, () => fields.u16()) };
  });
}

/** Data of `NBD_OPT_LIST_META_CONTEXT` and `NBD_OPT_SET_META_CONTEXT`. */
export function readMetaQuery(data: Buffer): { name: string; queries: string[] } | undefined {
  return whole(data, (fields) => {
    const name = fields.text();
    const count = fields.u32();
    // Each takes at least its length.
    if (count > data.length / 4) return undefined;
    return { name, queries: Array.from({ length: count }, () => fields.text()) };
  });
}

/** A command of the transmission phase. */
export interface Request {
  flags: number;
  command: number;
  /** By which the client knows the reply. */
  cookie: Buffer;
  offset: bigint;
  length: number;
}

/** A request's {@link REQUEST_BYTES}, or undefined when they are none. */
export function readRequest(bytes: Buffer): Request | undefined {
  if (bytes.readUInt32BE(0) !== REQUEST_MAGIC) return undefined;
  return {
    flags: bytes.readUInt16BE(4),
    command: bytes.readUInt16BE(6),
    cookie: Buffer.from(bytes.subarray(8, 16)),
    offset: bytes.readBigUInt64BE(16),
    length: bytes.readUInt32BE(24),
  };
}

/** @param error 0: success, followed by `data` */
export function simpleReply(cookie: Buffer, error: ErrorNumber | 0, data: readonly Buffer[] = []): Buffer[] {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(SIMPLE_REPLY_MAGIC);
  head.writeUInt32BE(error, 4);
  cookie.copy(head, 8);
  return [head, ...data];
}

/** A whole structured reply of an error, with words for people. */
export function errorReply(cookie: Buffer, error: ErrorNumber, message: string): Buffer[] {
  // Not longer than the protocol's strings may be.
  const words = Buffer.from(message, 'utf8').subarray(0, 4096);
  return chunk(cookie, DONE, chunks.error, [u32(error), u16(words.length), words]);
}

/** A whole structured reply without content. */
export const doneReply = (cookie: Buffer): Buffer[] => chunk(cookie, DONE, chunks.none, []);

/** Neighbouring bytes of an export: data, or a number of zeros. */
export type Piece = Buffer | number;

/** A whole structured reply to a read, with holes as such. */
export function readReply(cookie: Buffer, offset: number, pieces: readonly Piece[]): Buffer[] {
  const runs = runsOf(pieces);
  let at = offset;
  return runs.flatMap((run, i) => {
    const flags = i === runs.length - 1 ? DONE : 0;
    const start = u64(at);
    at += typeof run === 'number' ? run : lengthOf(run);
    return typeof run === 'number'
      ? chunk(cookie, flags, chunks.offsetHole, [start, u32(run)])
      : chunk(cookie, flags, chunks.offsetData, [start, ...run]);
  });
}

/** Holes next to each other as one, data next to each other as one. */
function runsOf(pieces: readonly Piece[]): (Buffer[] | number)[] {
  const runs: (Buffer[] | number)[] = [];
  for (const piece of pieces) {
    const last = runs.at(-1);
    if (typeof piece === 'number') {
      if (typeof last === 'number') runs[runs.length - 1] = last + piece;
      else runs.push(piece);
    } else if (Array.isArray(last)) last.push(piece);
    else runs.push([piece]);
  }
  return runs;
}

/** A whole structured reply to `NBD_CMD_BLOCK_STATUS`. */
export function blockStatusReply(cookie: Buffer, extents: readonly { length: number; state: number }[]): Buffer[] {
  const descriptors = extents.flatMap(({ length, state }) => [u32(length), u32(state)]);
  return chunk(cookie, DONE, chunks.blockStatus, [u32(ALLOCATION_ID), ...descriptors]);
}

function chunk(cookie: Buffer, flags: number, type: number, payload: readonly Buffer[]): Buffer[] {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(CHUNK_MAGIC);
  head.writeUInt16BE(flags, 4);
  head.writeUInt16BE(type, 6);
  cookie.copy(head, 8);
  head.writeUInt32BE(lengthOf(payload), 16);
  return [head, ...payload];
}

/** Runs of fields, read one behind the other; reading past the end is noticed by {@link whole}. */
class Fields {
  #at = 0;
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  u16(): number {
    return this.take(2).readUInt16BE();
  }
  u32(): number {
    return this.take(4).readUInt32BE();
  }
  text(): string {
    return this.take(this.u32()).toString('utf8');
  }
  take(length: number): Buffer {
    if (length > this.left) throw new RangeError('the fields end before');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/** What `read` makes of the fields, or undefined when there are fewer or more bytes than it takes. */
function whole<T>(data: Buffer, read: (fields: Fields) => T | undefined): T | undefined {
  const fields = new Fields(data);
  try {
    const result = read(fields);
    return fields.left === 0 ? result : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const lengthOf = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0);
const text = (value: string): Buffer => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value, 'utf8')]);

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
