import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelinePolicy } from './operation.ts';

/** What one operation exchanged: the body of its first writing request, and the last body that a GET brought. */
export interface Exchange {
  sent?: unknown;
  received?: unknown;
}

const current = new AsyncLocalStorage<Exchange>();

/** Runs an operation and tells what it exchanged. */
export async function observed<T>(operation: () => PromiseLike<T>): Promise<{ result: T; exchange: Exchange }> {
  const exchange: Exchange = {};
  const result = await current.run(exchange, async () => operation());
  return { result, exchange };
}

/** Pipeline policy of every client: notes bodies, and hides Retry-After of successes, so that polls keep the applier's pace. */
export const observer: PipelinePolicy = {
  name: 'observer',
  async sendRequest(request, next) {
    const exchange = current.getStore();
    if (exchange && exchange.sent === undefined && request.method !== 'GET' && typeof request.body === 'string') {
      exchange.sent = JSON.parse(request.body);
    }
    const response = await next(request);
    if (response.status < 300) response.headers.delete('retry-after');
    if (exchange && request.method === 'GET' && response.status === 200 && response.bodyAsText) {
      exchange.received = JSON.parse(response.bodyAsText);
    }
    return response;
  },
};
