import type { ServerResponse } from 'node:http';

type Write = (chunk: Uint8Array, done?: () => void) => boolean;
type End = (done?: () => void) => ServerResponse;

/** Cuts the connection of a response after so many bytes of its body. A body that is not longer passes whole. */
export function cutAfter(response: ServerResponse, limit: number): void {
  const { socket } = response;
  const write = response.write.bind(response) as Write;
  const end = response.end.bind(response) as End;
  let left = limit;
  let cut = false;

  /** Passes on what is within the limit, then cuts. */
  const pass = (chunk: Buffer, done?: () => void): boolean => {
    if (cut) return true;
    const within = chunk.subarray(0, left);
    left -= within.length;
    if (within.length === chunk.length) return write(within, done);
    cut = true;
    response.flushHeaders();
    if (within.length > 0) write(within);
    // Ends behind what has been written; an end, too, is a cut: the body's length or last chunk is missing.
    socket?.end(() => socket.destroy());
    return true;
  };

  response.write = ((chunk: Uint8Array | string, ...rest: unknown[]) =>
    pass(bytes(chunk, rest[0]), callback(rest))) as ServerResponse['write'];
  response.end = ((...args: unknown[]) => {
    const [chunk, encoding] = args;
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) pass(bytes(chunk, encoding));
    return cut ? response : end(callback(args));
  }) as ServerResponse['end'];
}

function callback(args: unknown[]): (() => void) | undefined {
  return args.find((arg) => typeof arg === 'function') as (() => void) | undefined;
}

function bytes(chunk: Uint8Array | string, encoding: unknown): Buffer {
  if (typeof chunk !== 'string') return Buffer.from(chunk);
  return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
}
