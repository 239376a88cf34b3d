import { QueueClient, type StorageSharedKeyCredential } from '@azure/storage-queue';
import { StrongroomError } from '../model/errors.ts';
import type { TokenCredential } from './credential.ts';
import { storageCall } from './storageErrors.ts';

/** Never expires: a job's message must outlast the job, which takes days for the largest disks. Queues go with their attempts. */
const TIME_TO_LIVE_SECONDS = -1;
/** Receive Messages gives no more at once. */
const MOST_MESSAGES = 32;

export interface ReceivedMessage {
  readonly text: string;
  /** How often it was handed out, this time included: a job that ends its worker each time shows by it. */
  readonly deliveries: number;
  /** Stays hidden from others for that many seconds from now. @throws when another receiver has it meanwhile. */
  renew(seconds: number): Promise<void>;
  /** Takes it from the queue for good; no error when it is gone or another receiver has it. */
  delete(): Promise<void>;
}

/** A queue of text messages: at least once, in no order. Errors are StrongroomError (see storageErrors). */
export interface MessageQueue {
  /** Queue URL, without a query. */
  readonly url: string;
  /** No error when it is there already. */
  create(): Promise<void>;
  /** No error when it is gone already. */
  delete(): Promise<void>;
  send(text: string): Promise<void>;
  /** Up to 32 messages, each hidden from others for `seconds`. @throws NOT_FOUND when there is no such queue. */
  receive(seconds: number, signal?: AbortSignal): Promise<ReceivedMessage[]>;
}

/** @param url `https://{account}.queue.core.windows.net/{queue}` */
export function messageQueue(url: string, credential: TokenCredential | StorageSharedKeyCredential): MessageQueue {
  const client = new QueueClient(url, credential);
  const call = <T>(verb: string, run: () => Promise<T>) => storageCall(`${verb} ${url}`, run);
  const tolerant = async (verb: string, tolerated: string[], run: () => Promise<unknown>) => {
    try {
      await call(verb, run);
    } catch (error) {
      if (!(error instanceof StrongroomError) || !tolerated.includes(error.details.code ?? '')) throw error;
    }
  };
  return {
    url,
    create: () => tolerant('create', ['QueueAlreadyExists'], () => client.create()),
    delete: () => tolerant('delete', ['QueueNotFound', 'QueueBeingDeleted'], () => client.delete()),
    send: (text) =>
      call('send to', async () => void (await client.sendMessage(text, { messageTimeToLive: TIME_TO_LIVE_SECONDS }))),
    receive: (seconds, abortSignal) =>
      call('receive from', async () => {
        const options = { numberOfMessages: MOST_MESSAGES, visibilityTimeout: seconds, abortSignal };
        const { receivedMessageItems } = await client.receiveMessages(options);
        return receivedMessageItems.map((item) => received(item));
      }),
  };

  function received(item: { messageId: string; popReceipt: string; messageText: string; dequeueCount: number }) {
    let receipt = item.popReceipt; // every renewal gives another
    return {
      text: item.messageText,
      deliveries: item.dequeueCount,
      renew: (seconds: number) =>
        call('renew in', async () => {
          const renewed = await client.updateMessage(item.messageId, receipt, undefined, seconds);
          receipt = renewed.popReceipt ?? receipt;
        }),
      delete: () =>
        tolerant('delete from', ['MessageNotFound', 'PopReceiptMismatch', 'QueueNotFound'], () =>
          client.deleteMessage(item.messageId, receipt),
        ),
    };
  }
}
