import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { MessageQueue } from '../azure/queues.ts';
import { errorInfo } from '../model/errors.ts';
import { sealMessage, type WorkerEvent } from '../model/messages.ts';

/** Sends this worker's events, sealed, to the appliance's mailbox. */
export interface Events {
  /** Heartbeats and progress: tried once; the next one makes up for a lost one. */
  offer(event: WorkerEvent): Promise<void>;
  /** What must arrive: tried until it does. Gives up, false, when the signal fires. */
  deliver(event: WorkerEvent, signal: AbortSignal): Promise<boolean>;
}

export function mailboxEvents(options: {
  mailbox: MessageQueue;
  attempt: string;
  key: Uint8Array;
  /** Pause between tries, milliseconds. */
  retry: number;
  log: Logger;
}): Events {
  const { mailbox, attempt, key, retry, log } = options;
  const send = async (event: WorkerEvent) => {
    const head = { attempt, direction: 'to-appliance' as const, id: randomUUID() };
    await mailbox.send(sealMessage(key, head, event, randomBytes(12)));
  };
  return {
    offer: (event) =>
      send(event).catch((error: unknown) => log.warn({ event: event.kind, error: errorInfo(error) }, 'event not sent')),
    async deliver(event, signal) {
      for (;;) {
        try {
          await send(event);
          return true;
        } catch (error) {
          log.warn({ event: event.kind, error: errorInfo(error) }, 'event not sent, trying again');
        }
        await sleep(retry, undefined, { signal }).catch(() => {});
        if (signal.aborted) return false;
      }
    },
  };
}
