import type { DequeuedMessageItem, QueueClient, QueueServiceClient } from '@azure/storage-queue';
import type { RegisteredFunction, TypedData } from '../app/coreModule.ts';
import type { Invoke } from '../app/invoke.ts';
import type { HostJson } from '../hostJson.ts';
import type { Logger } from '../log.ts';

/**
 * How long a message is hidden while its function runs, and how often that is renewed. Azure hides for ten minutes; a
 * local host that was killed should see its messages again sooner.
 */
const LEASE_SECONDS = 30;
const RENEW_AFTER_MS = 10_000;
/** How long a moved clock may go unnoticed: the service's time moves with it. */
const CHECK_EVERY_MS = 250;
/** Polling starts here after a message and slows down to the lesser of host.json's maximum and a local run's. */
const FASTEST_POLL_MS = 100;
const SLOWEST_LOCAL_POLL_MS = 500;
/** The service's own limit for one read. */
const MAX_READ = 32;

/** Polls a storage queue and runs the function for each message. */
export function queueTrigger(options: {
  fn: RegisteredFunction;
  service: QueueServiceClient;
  queueName: string;
  settings: HostJson['queues'];
  invoke: Invoke;
  log: Logger;
}): void {
  const { fn, service, queueName, settings, invoke } = options;
  const queue = service.getQueueClient(queueName);
  const slowest = Math.min(settings.maxPollingInterval, SLOWEST_LOCAL_POLL_MS);
  const log: Logger = (level, message) =>
    options.log(level, message, { category: 'Host.Triggers.Queue', function: fn.metadata.name, queue: queueName });
  let delay = FASTEST_POLL_MS;
  let running = 0;
  let polling = false;
  let timer: NodeJS.Timeout | undefined;
  let complained = '';

  const schedule = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void poll(), ms);
  };

  const poll = async () => {
    if (polling || running > settings.newBatchThreshold) return;
    polling = true;
    const messages = await read();
    polling = false;
    delay = messages.length > 0 ? FASTEST_POLL_MS : Math.min(delay * 2, slowest);
    for (const message of messages) {
      running++;
      void handle(message).finally(() => {
        running--;
        if (running === settings.newBatchThreshold) schedule(0);
      });
    }
    // A full batch says that there is more.
    schedule(messages.length === Math.min(settings.batchSize, MAX_READ) ? 0 : delay);
  };

  const read = async (): Promise<DequeuedMessageItem[]> => {
    try {
      const numberOfMessages = Math.min(settings.batchSize, MAX_READ);
      const { receivedMessageItems } = await queue.receiveMessages({
        numberOfMessages,
        visibilityTimeout: LEASE_SECONDS,
      });
      complained = '';
      return receivedMessageItems;
    } catch (error) {
      // A queue that is not there yet is an empty one. The rest is said once, not at each poll.
      const { message, statusCode } = error as Error & { statusCode?: number };
      if (statusCode !== 404 && message !== complained)
        log('error', `Reading queue ${queueName}: ${(complained = message)}`);
      return [];
    }
  };

  const handle = async (message: DequeuedMessageItem): Promise<void> => {
    const lease = keepHidden(queue, message, log);
    try {
      const text = decode(message.messageText, settings.messageEncoding);
      if (text === undefined) {
        log('error', `Message ${message.messageId} is not Base64`);
        await bury(service, queueName, message);
      } else if (message.dequeueCount > settings.maxDequeueCount) {
        await bury(service, queueName, message);
      } else {
        await invoke(fn, { trigger: { string: text }, triggerMetadata: metadataOf(message, text) });
      }
      await queue.deleteMessage(message.messageId, await lease.end());
    } catch (error) {
      await failed(message, await lease.end(), error as Error);
    }
  };

  const failed = async (message: DequeuedMessageItem, receipt: string, error: Error) => {
    log(
      'error',
      `Function '${fn.metadata.name}' failed for message ${message.messageId}: ${error.stack ?? String(error)}`,
    );
    try {
      if (message.dequeueCount >= settings.maxDequeueCount) {
        log(
          'warning',
          `Message has reached MaxDequeueCount of ${settings.maxDequeueCount}. Moving message to queue '${queueName}-poison'.`,
        );
        await bury(service, queueName, message);
        await queue.deleteMessage(message.messageId, receipt);
      } else {
        const seconds = Math.ceil(settings.visibilityTimeout / 1000);
        await queue.updateMessage(message.messageId, receipt, message.messageText, seconds);
        schedule(seconds === 0 ? 0 : delay);
      }
    } catch (failure) {
      // It shows up again when the lease runs out.
      log('error', `Message ${message.messageId} could not be put back: ${(failure as Error).message}`);
    }
  };

  schedule(0);
}

/** Renews a message's invisibility. `end()` stops that and gives the pop receipt that is valid then. */
function keepHidden(queue: QueueClient, message: DequeuedMessageItem, log: Logger): { end(): Promise<string> } {
  let receipt = Promise.resolve(message.popReceipt);
  let hiddenAt = Date.now();
  const renew = async (current: string) => {
    try {
      // Without a text: only the visibility changes.
      const renewed = await queue.updateMessage(message.messageId, current, undefined, LEASE_SECONDS);
      log('debug', `Message ${message.messageId} is kept hidden until ${renewed.nextVisibleOn?.toISOString()}`);
      return renewed.popReceipt ?? current;
    } catch (error) {
      log('warning', `Message ${message.messageId} could not be kept hidden: ${(error as Error).message}`);
      return current;
    }
  };
  const timer = setInterval(() => {
    if (Date.now() - hiddenAt < RENEW_AFTER_MS) return;
    hiddenAt = Date.now();
    receipt = receipt.then(renew);
  }, CHECK_EVERY_MS);
  return {
    end() {
      clearInterval(timer);
      return receipt;
    },
  };
}

/** Puts a copy into the poison queue, which it makes when there is none. */
async function bury(service: QueueServiceClient, queueName: string, message: DequeuedMessageItem): Promise<void> {
  const poison = service.getQueueClient(`${queueName}-poison`);
  await poison.createIfNotExists();
  await poison.sendMessage(message.messageText);
}

function decode(text: string, encoding: 'base64' | 'none'): string | undefined {
  if (encoding === 'none') return text;
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64').toString('utf8') : undefined;
}

function metadataOf(message: DequeuedMessageItem, text: string): Record<string, TypedData> {
  return {
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
    DequeueCount: { int: message.dequeueCount },
    InsertionTime: { json: JSON.stringify(message.insertedOn) },
    ExpirationTime: { json: JSON.stringify(message.expiresOn) },
    NextVisibleTime: { json: JSON.stringify(message.nextVisibleOn) },
    QueueTrigger: { string: text },
  };
}
