import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { CONTROL_HOST } from './service.ts';

/**
 * Asks a running world's control.
 * @param proxy the operator's
 * @throws Error with what the control refuses, or that it cannot be reached
 */
export async function control(proxy: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const agent = new Agent({ proxyEnv: { HTTP_PROXY: proxy } });
  try {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await new Promise<{ status: number; body: unknown }>((resolve, reject) => {
      const sent = request(`http://${CONTROL_HOST}${path}`, { agent, method, timeout: 10_000 }, (response) => {
        json(response).then((found) => resolve({ status: response.statusCode!, body: found }), reject);
      });
      sent.on('timeout', () => sent.destroy(new Error('there is no answer')));
      sent.on('error', reject);
      sent.end(text);
    });
    if (answer.status === 200) return answer.body;
    throw new Error((answer.body as { error?: string }).error ?? `the control answered ${answer.status}`);
  } finally {
    agent.destroy();
  }
}
