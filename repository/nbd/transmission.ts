import { errorInfo } from '../../model/errors.ts';
import type { Extent } from '../../model/extents.ts';
import { MOST_BYTES } from './negotiation.ts';
import type { Offer, Session } from './negotiation.ts';
import {
  blockStatusReply,
  commandFlags,
  commands,
  doneReply,
  errorReply,
  errors,
  readReply,
  simpleReply,
  states,
} from './protocol.ts';
import type { ErrorNumber, Piece, Request } from './protocol.ts';

/** Extents that one answer to a block status names at most: a client asks on from where it ends. */
const EXTENTS_MOST = 4096;

/** What a client reads from. */
export interface Source extends Offer {
  /** The pieces of a range inside the export. */
  read(offset: number, length: number): Promise<Piece[]>;
  /** What is not all zeros near a range, in order. */
  extents(range: Extent): AsyncIterable<Extent>;
}

/**
 * The reply to a request, as parts. Never fails: what cannot be read is an error to the client, and a line in the log.
 * @param log takes one line about what could not be read
 */
export async function replyTo(
  request: Request,
  session: Session<Source>,
  log: (line: string) => void,
): Promise<Buffer[]> {
  const { cookie, command } = request;
  const refusal = refusalOf(request, session);
  const fail = (error: ErrorNumber, message: string) =>
    session.structured ? errorReply(cookie, error, message) : simpleReply(cookie, error);
  if (refusal) return fail(...refusal);
  const offset = Number(request.offset);
  try {
    if (command === commands.read) return await readRange(request, offset, session);
    if (command === commands.blockStatus) {
      const most = request.flags & commandFlags.oneExtent ? 1 : EXTENTS_MOST;
      return blockStatusReply(cookie, await allocationOf(session.chosen, { offset, length: request.length }, most));
    }
    return session.structured ? doneReply(cookie) : simpleReply(cookie, 0);
  } catch (error) {
    const { message } = errorInfo(error);
    log(`${session.chosen.name}: ${request.length} bytes at ${offset} cannot be read: ${message}`);
    return fail(errors.EIO, message);
  }
}

/** Why a request is not answered; undefined: it is. */
function refusalOf(
  { command, flags, offset, length }: Request,
  { chosen, structured, allocation }: Session<Offer>,
): [ErrorNumber, string] | undefined {
  const invalid = (message: string): [ErrorNumber, string] => [errors.EINVAL, message];
  const outside = length === 0 || offset + BigInt(length) > BigInt(chosen.size);
  switch (command) {
    case commands.read:
      if (flags & ~(structured ? commandFlags.dontFragment : 0)) return invalid('Unknown flags.');
      if (length > MOST_BYTES) return invalid(`One read brings at most ${MOST_BYTES} bytes.`);
      return outside ? invalid('The range is empty or leaves the export.') : undefined;
    case commands.blockStatus:
      if (flags & ~commandFlags.oneExtent) return invalid('Unknown flags.');
      if (!allocation) return invalid('Block status was not agreed on.');
      return outside ? invalid('The range is empty or leaves the export.') : undefined;
    case commands.flush:
      return undefined;
    case commands.write:
    case commands.trim:
    case commands.writeZeroes:
      return [errors.EPERM, 'A restore point is read-only.'];
    default:
      return invalid('This server does not know that command.');
  }
}

async function readRange(
  { cookie, flags, length }: Request,
  offset: number,
  { chosen, structured }: Session<Source>,
): Promise<Buffer[]> {
  const pieces = await chosen.read(offset, length);
  if (!structured) return simpleReply(cookie, 0, pieces.flatMap(zeroed));
  const whole = flags & commandFlags.dontFragment && pieces.some((piece) => typeof piece !== 'number');
  return readReply(cookie, offset, whole ? pieces.flatMap(zeroed) : pieces);
}

const ZEROS = Buffer.alloc(256 * 1024);

/** A piece with its zeros written out, all of them the same few bytes of memory. */
function zeroed(piece: Piece): Buffer[] {
  if (typeof piece !== 'number') return [piece];
  const parts: Buffer[] = [];
  for (let left = piece; left > 0; left -= ZEROS.length) parts.push(ZEROS.subarray(0, left));
  return parts;
}

/** Data and holes from the beginning of a range, as many as may be named. */
async function allocationOf(
  source: Source,
  { offset, length }: Extent,
  most: number,
): Promise<{ length: number; state: number }[]> {
  const found: { length: number; state: number }[] = [];
  const end = offset + length;
  let at = offset;
  const add = (to: number, state: number) => {
    if (to > at && found.length < most) found.push({ length: to - at, state });
    at = Math.max(at, to);
  };
  for await (const extent of source.extents({ offset, length })) {
    add(Math.min(end, extent.offset), states.holeOfZeros);
    add(Math.min(end, extent.offset + extent.length), states.data);
    if (found.length >= most) return found;
  }
  add(end, states.holeOfZeros);
  return found;
}
