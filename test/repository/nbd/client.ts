import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ByteReader } from '../../../repository/nbd/byteReader.ts';
import type { NbdServer } from '../../../repository/nbd/server.ts';

/** A client written from the protocol's specification: it knows its numbers for itself. */
export interface Client {
  socket: Socket;
  input: ByteReader;
  send(...parts: (Buffer | string)[]): void;
}

export const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);
export const u32 = (value: number) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
export const u64 = (value: number | bigint) => Buffer.from(value.toString(16).padStart(16, '0'), 'hex');
export const text = (value: string) => Buffer.concat([u32(value.length), Buffer.from(value)]);

/** Connects and takes the greeting. @param flags what the client says of itself */
export async function connectTo(server: NbdServer, flags = 3): Promise<Client> {
  const { port, hostname } = new URL(server.uri());
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.setNoDelay(true);
  const input = new ByteReader(socket);
  const send = (...parts: (Buffer | string)[]) =>
    void socket.write(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))));
  const client = { socket, input, send };
  const greeting = await input.read(18);
  if (greeting.toString('latin1') !== 'NBDMAGICIHAVEOPT\0\x03') throw new Error('no greeting');
  client.send(u32(flags));
  return client;
}

export interface Reply {
  option: number;
  type: number;
  data: Buffer;
}

/** Sends an option, and takes its replies up to the last. */
export async function haggle({ send, input }: Client, option: number, data = Buffer.alloc(0)): Promise<Reply[]> {
  send('IHAVEOPT', u32(option), u32(data.length), data);
  const replies: Reply[] = [];
  for (;;) {
    const head = await input.read(20);
    if (!head.subarray(0, 8).equals(Buffer.from('0003e889045565a9', 'hex'))) throw new Error('no option reply');
    const data = await input.read(head.readUInt32BE(16));
    const reply: Reply = { option: head.readUInt32BE(8), type: head.readUInt32BE(12), data };
    replies.push(reply);
    if (reply.type === 1 || reply.type >= 2 ** 31) return replies;
  }
}

/** Chooses an export with structured replies and block status. */
export async function choose(client: Client, name = ''): Promise<void> {
  await haggle(client, 8);
  await haggle(client, 10, Buffer.concat([text(name), u32(1), text('base:allocation')]));
  const replies = await haggle(client, 7, Buffer.concat([text(name), u16(0)]));
  if (replies.at(-1)?.type !== 1) throw new Error(`no export ${name}: ${String(replies.at(-1)?.data)}`);
}

/** Connects and chooses, in one. */
export async function reading(server: NbdServer, name = ''): Promise<Client> {
  const client = await connectTo(server);
  await choose(client, name);
  return client;
}

export interface Command {
  command: number;
  cookie: number;
  offset: number | bigint;
  length: number;
  flags?: number;
}

export function request({ send }: Client, { command, cookie, offset, length, flags = 0 }: Command): void {
  send(u32(0x25609513), u16(flags), u16(command), u64(cookie), u64(offset), u32(length));
}

export interface Chunk {
  done: boolean;
  type: number;
  cookie: number;
  payload: Buffer;
}

export async function nextChunk({ input }: Client): Promise<Chunk> {
  const head = await input.read(20);
  if (head.readUInt32BE(0) !== 0x668e33ef) throw new Error('no structured reply');
  return {
    done: (head.readUInt16BE(4) & 1) === 1,
    type: head.readUInt16BE(6),
    cookie: Number(head.readBigUInt64BE(8)),
    payload: await input.read(head.readUInt32BE(16)),
  };
}

/** What a read came to: bytes, or the number of an error. */
export type Outcome = Buffer | number;

/** Sends reads all at once, and puts their replies together by cookie, in whatever order they come. */
export async function readAll(
  client: Client,
  ranges: readonly { offset: number; length: number; flags?: number }[],
): Promise<{ outcomes: Outcome[]; holes: number }> {
  const results: Outcome[] = ranges.map(({ length }) => Buffer.alloc(length, 0xee));
  ranges.forEach((range, cookie) => request(client, { command: 0, cookie, ...range }));
  let holes = 0;
  for (let open = ranges.length; open > 0;) {
    const { done, type, cookie, payload } = await nextChunk(client);
    const into = results[cookie];
    const at = () => Number(payload.readBigUInt64BE(0)) - ranges[cookie]!.offset;
    if (type === 0x8001) results[cookie] = payload.readUInt32BE(0);
    else if (type === 1 && Buffer.isBuffer(into)) payload.copy(into, at(), 8);
    else if (type === 2 && Buffer.isBuffer(into)) {
      into.fill(0, at(), at() + payload.readUInt32BE(8));
      holes++;
    }
    if (done) open--;
  }
  return { outcomes: results, holes };
}
