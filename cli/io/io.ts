import type { Readable, Writable } from 'node:stream';

/** What a command sees of the process that it runs in. Tests give their own. */
export interface Io {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean; columns?: number };
  env: Record<string, string | undefined>;
  /** Milliseconds since 1970. */
  now(): number;
  random(bytes: number): Buffer;
  /** Aborted with an {@link Interruption} as its reason. */
  signal: AbortSignal;
}

/** Why a command was told to stop before its end. */
export class Interruption extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Waits for work that leaves nothing behind when it is not waited for any longer: what only reads.
 * @throws Interruption
 */
export async function interruptible<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const interrupted = Promise.withResolvers<never>();
  const stop = () => interrupted.reject(signal.reason as Interruption);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, interrupted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
