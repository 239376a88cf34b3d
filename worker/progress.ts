import { isDeepStrictEqual } from 'node:util';
import type { Progress } from '../model/messages.ts';

/** Thins out a job's progress: the first and the last always, in between one every `interval` milliseconds. */
export interface ProgressReport {
  report(progress: Progress): void;
  /** Sends the newest progress if it is not sent yet, and waits until all is sent. */
  finish(): Promise<void>;
}

export function progressReport(interval: number, send: (progress: Progress) => Promise<void>): ProgressReport {
  let newest: Progress | undefined;
  let sent: Progress | undefined;
  let sentAt = -Infinity;
  let sending = Promise.resolve();
  const sendNewest = () => {
    const progress = newest;
    if (!progress || isDeepStrictEqual(progress, sent)) return;
    sent = progress;
    sentAt = performance.now();
    sending = sending.then(() => send(progress));
  };
  return {
    report(progress) {
      newest = progress;
      if (performance.now() - sentAt >= interval) sendNewest();
    },
    async finish() {
      sendNewest();
      await sending;
    },
  };
}
