const ZEROS = new Uint8Array(1024 * 1024);

/** Zero bytes, a piece at a time. */
export function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}
