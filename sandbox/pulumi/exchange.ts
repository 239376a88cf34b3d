import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelinePolicy } from './operation.ts';

/** What one operation put on the wire: the body of its first writing request. */
export interface Sent {
  body?: unknown;
}

const current = new AsyncLocalStorage<Sent>();

/** Runs an operation and tells what it sent, whether or not it succeeds. */
export async function observed<T>(operation: () => PromiseLike<T>): Promise<{ result: T; sent: Sent }> {
  const sent: Sent = {};
  const result = await current.run(sent, async () => operation());
  return { result, sent };
}

/** Pipeline policy of every client: notes the body of writing requests, and hides Retry-After of successes, so that polls keep the applier's pace. */
export const observer: PipelinePolicy = {
  name: 'observer',
  async sendRequest(request, next) {
    const sent = current.getStore();
    if (sent && sent.body === undefined && request.method !== 'GET' && typeof request.body === 'string') {
      sent.body = JSON.parse(request.body);
    }
    const response = await next(request);
    if (response.status < 300) response.headers.delete('retry-after');
    return response;
  },
};
