/** Where a restored image goes. */
export interface Target {
  /** Blocks in order; what lies between them is zeros. */
  write(offset: number, data: Buffer): Promise<void>;
  /** All blocks were given: writes the rest, and what stands behind the disk (a footer). */
  finish(footer?: Buffer): Promise<void>;
  /** Gives up; what a later try needs to go on stays. */
  close(): Promise<void>;
}

const ZEROS = Buffer.alloc(1024 * 1024);

/** Zero bytes, a piece at a time. */
export function* zeros(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}
