import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Reply } from '../sandbox/client.ts';

/** What the demo needs of the API's answers; the whole of them stands in /api/openapi.json and model/api.ts. */
export interface SessionView {
  id: string;
  status: string;
  error?: { code: string; message: string };
  point?: string;
  disks: { key: string; phase: string; total: number; done: number; stored: number; mode?: string; reason?: string }[];
}

/** The appliance as its operator sees it: HTTP and nothing else. */
export class Appliance {
  private readonly client: Client;
  private readonly url: string;
  private readonly audience: string;

  constructor(client: Client, url: string, audience: string) {
    this.client = client;
    this.url = url;
    this.audience = audience;
  }

  call(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.client.send(method, this.url + path, { body, resource: this.audience });
  }

  private async expect<T>(status: number, method: string, path: string, body?: unknown): Promise<{ reply: Reply; body: T }> {
    const reply = await this.call(method, path, body);
    if (reply.status !== status) throw new Error(`${method} ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    return { reply, body: reply.body as T };
  }

  /** Waits until the API answers: a cold start takes a moment. */
  async ready(limitMs = 60_000): Promise<void> {
    for (const until = Date.now() + limitMs; ; await delay(200)) {
      const reply = await this.call('GET', '/api/health').catch(() => undefined);
      if (reply?.status === 200) return;
      if (Date.now() > until) throw new Error(`The appliance did not answer at ${this.url}/api/health: ${JSON.stringify(reply)}`);
    }
  }

  /** Starts a session with a POST and follows it to its end. @throws when it fails. */
  async run(path: string, body: unknown, onProgress: (session: SessionView) => void): Promise<SessionView> {
    const { reply } = await this.expect<unknown>(202, 'POST', path, body);
    const location = new URL(reply.headers.location!, this.url);
    for (;;) {
      const { body: session } = await this.expect<SessionView>(200, 'GET', location.pathname);
      onProgress(session);
      if (session.status === 'succeeded') return session;
      if (session.status === 'failed' || session.status === 'cancelled') {
        throw new Error(`Session ${session.id} ${session.status}: ${session.error?.code} ${session.error?.message}`);
      }
      await delay(250);
    }
  }

  async points(resourceId: string): Promise<{ id: string; time: string; disks: { key: string; size: number; stats: { read: number; stored: number } }[] }[]> {
    const { body } = await this.expect<{ value: never[] }>(200, 'GET', `/api/restore-points?resourceId=${encodeURIComponent(resourceId)}`);
    return body.value;
  }
}
