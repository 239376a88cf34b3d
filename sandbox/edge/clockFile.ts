import { closeSync, openSync, writeSync } from 'node:fs';
import type { Clock } from '../core/types.ts';

/**
 * Keeps a file with the clock's offset for child processes: one little-endian double, milliseconds, always written
 * whole, so a reader never sees half of it.
 */
export function shareClock(clock: Clock, file: string): { stop(): void } {
  const descriptor = openSync(file, 'w');
  const bytes = Buffer.alloc(8);
  const write = (offset: number) => {
    bytes.writeDoubleLE(offset);
    writeSync(descriptor, bytes, 0, 8, 0);
  };
  write(clock.offset);
  const unsubscribe = clock.onChange(write);
  return {
    stop() {
      unsubscribe();
      closeSync(descriptor);
    },
  };
}
