import type { Socket } from 'node:net';
import { ByteReader, Disconnected } from './byteReader.ts';
import { MOST_BYTES, Negotiation } from './negotiation.ts';
import type { Session } from './negotiation.ts';
import {
  CLIENT_FLAGS_BYTES,
  commands,
  greeting,
  handshakeFlags,
  OPTION_HEAD_BYTES,
  readOptionHead,
  readRequest,
  REQUEST_BYTES,
} from './protocol.ts';
import type { Request } from './protocol.ts';
import { replyTo } from './transmission.ts';
import type { Source } from './transmission.ts';

/** Who has not chosen an export by then is no client. */
const NEGOTIATION_MS = 30_000;
/** An option's data: a name of 4096 bytes and some queries. */
const OPTION_BYTES_MOST = 64 * 1024;
const OPTIONS_MOST = 1000;
/** Of requests whose answers are not yet with the system: reading the next one waits. */
const IN_FLIGHT_BYTES = MOST_BYTES;

/** The client does not keep to the protocol. */
class Violation extends Error {}

/**
 * Serves one client until it leaves. Never fails.
 * @param log takes one line about what went wrong
 */
export async function serveConnection(
  socket: Socket,
  exports: readonly Source[],
  log: (line: string) => void,
): Promise<void> {
  // Whoever reads or writes learns of it; without a listener it would end the process.
  socket.on('error', () => undefined);
  socket.setNoDelay(true);
  const input = new ByteReader(socket);
  try {
    socket.setTimeout(NEGOTIATION_MS, () => socket.destroy());
    const session = await negotiate(socket, input, exports);
    socket.setTimeout(0);
    if (session) await transmit(socket, input, session, log);
    socket.end();
  } catch (error) {
    if (error instanceof Violation) log(`A client was sent away: ${error.message}.`);
    else if (!(error instanceof Disconnected)) log(`A connection ended: ${String(error)}`);
    socket.destroy();
  }
}

async function negotiate(
  socket: Socket,
  input: ByteReader,
  exports: readonly Source[],
): Promise<Session<Source> | undefined> {
  socket.write(greeting());
  const flags = (await input.read(CLIENT_FLAGS_BYTES)).readUInt32BE();
  if (flags & ~(handshakeFlags.fixedNewstyle | handshakeFlags.noZeroes)) throw new Violation('unknown client flags');
  const negotiation = new Negotiation(exports, (flags & handshakeFlags.noZeroes) !== 0);
  for (let count = 0; count < OPTIONS_MOST; count++) {
    const head = readOptionHead(await input.read(OPTION_HEAD_BYTES));
    if (!head) throw new Violation('what came is no option');
    if (head.length > OPTION_BYTES_MOST) throw new Violation(`an option of ${head.length} bytes`);
    const { replies, then } = negotiation.answer(head.option, await input.read(head.length));
    await send(socket, replies);
    if (then === 'close') return undefined;
    if (then !== 'haggle') return then;
  }
  throw new Violation('too many options');
}

async function transmit(
  socket: Socket,
  input: ByteReader,
  session: Session<Source>,
  log: (line: string) => void,
): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  let bytes = 0;
  for (;;) {
    const request = readRequest(await input.read(REQUEST_BYTES));
    if (!request) throw new Violation('what came is no request');
    if (request.command === commands.disconnect) break;
    if (request.command === commands.write) {
      if (request.length > MOST_BYTES) throw new Violation(`a write of ${request.length} bytes`);
      await input.skip(request.length);
    }
    const cost = costOf(request, session.chosen.blockSize);
    while (inFlight.size > 0 && bytes + cost > IN_FLIGHT_BYTES) await Promise.race(inFlight);
    bytes += cost;
    const answered = replyTo(request, session, log)
      .then((reply) => send(socket, reply))
      .catch(() => socket.destroy()) // The client is gone; reading the next request finds that too.
      .then(() => {
        bytes -= cost;
        inFlight.delete(answered);
      });
    inFlight.add(answered);
  }
  await Promise.all(inFlight);
}

/** Memory that an answer holds: all blocks that it touches. */
function costOf({ command, length }: Request, blockSize: number): number {
  return command === commands.read ? Math.min(length, MOST_BYTES) + 2 * blockSize : blockSize;
}

/** Resolves when the system has taken all parts. @throws Disconnected */
async function send(socket: Socket, parts: readonly Buffer[]): Promise<void> {
  if (parts.length === 0) return;
  if (socket.destroyed) throw new Disconnected('the connection is closed');
  socket.cork();
  for (const part of parts.slice(0, -1)) socket.write(part);
  const sent = new Promise<void>((resolve, reject) => {
    socket.write(parts.at(-1) as Buffer, (error) =>
      error ? reject(new Disconnected('the connection broke', { cause: error })) : resolve(),
    );
  });
  socket.uncork();
  await sent;
}
