import { StrongroomError } from '../../model/errors.ts';
import type { MessageQueue } from '../../azure/queues.ts';

interface Held {
  text: string;
  deliveries: number;
  hidden: boolean;
  renewals: number;
}

/** A queue in memory that behaves like the real one: a message stays, hidden, until it is deleted. */
export interface MemoryQueue extends MessageQueue {
  readonly messages: Held[];
  /** Resolves when a message that was sent passes the test. */
  sent(test: (text: string) => boolean): Promise<string>;
  /** As if every lease had run out. */
  unhide(): void;
  /** The next sends fail. */
  failSends(count: number): void;
  gone: boolean;
}

export function memoryQueue(): MemoryQueue {
  const messages: Held[] = [];
  const history: string[] = [];
  const watchers = new Set<() => void>();
  let failures = 0;
  const queue: MemoryQueue = {
    url: 'memory:',
    messages,
    gone: false,
    create: async () => {},
    delete: async () => void (queue.gone = true),
    async send(text) {
      if (failures-- > 0) throw new StrongroomError('AZURE_UNAVAILABLE', 'The queue does not answer.');
      messages.push({ text, deliveries: 0, hidden: false, renewals: 0 });
      history.push(text);
      for (const watcher of watchers) watcher();
    },
    async receive() {
      if (queue.gone) throw new StrongroomError('NOT_FOUND', 'No such queue.');
      return messages
        .filter((message) => !message.hidden)
        .map((message) => {
          message.hidden = true;
          message.deliveries++;
          return {
            text: message.text,
            deliveries: message.deliveries,
            renew: async () => void message.renewals++,
            delete: async () => void (messages.includes(message) && messages.splice(messages.indexOf(message), 1)),
          };
        });
    },
    sent: (test) =>
      new Promise((resolve) => {
        const look = () => {
          const found = history.find(test);
          if (found === undefined) return;
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
      }),
    unhide: () => messages.forEach((message) => (message.hidden = false)),
    failSends: (count) => void (failures = count),
  };
  return queue;
}
