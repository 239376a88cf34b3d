import { setTimeout as delay } from 'node:timers/promises';
import type { PointSummary } from '../model/api.ts';
import { isTerminal, type SessionView } from '../model/session.ts';
import type { SiteView } from '../model/site/view.ts';
import type { Client, Reply } from '../sandbox/client.ts';

/** A site in the API's list: `error` instead of the rest when it could not be looked at. */
type SiteAnswer = Pick<SiteView, 'subscriptionId' | 'region'> &
  Partial<SiteView> & { error?: object; tried?: { passed: string; session: string } | null };

/** The appliance as its operator sees it: HTTP and nothing else. model/session.ts and model/api.ts hold its answers. */
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

  private async expect<T>(
    status: number,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ reply: Reply; body: T }> {
    const reply = await this.call(method, path, body);
    if (reply.status !== status)
      throw new Error(`${method} ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    return { reply, body: reply.body as T };
  }

  /** Waits until the API answers: a cold start takes a moment. */
  async ready(signal?: AbortSignal, limitMs = 60_000): Promise<void> {
    for (const until = Date.now() + limitMs; ; await delay(200, undefined, { signal })) {
      const reply = await this.call('GET', '/api/health').catch(() => undefined);
      if (reply?.status === 200) return;
      if (Date.now() > until)
        throw new Error(`The appliance did not answer at ${this.url}/api/health: ${JSON.stringify(reply)}`);
    }
  }

  /** Starts a session with a POST and follows it to its end. @throws when it fails. */
  async run(path: string, body: unknown, onProgress: (session: SessionView) => void): Promise<SessionView> {
    const { reply } = await this.expect<unknown>(202, 'POST', path, body);
    const location = new URL(reply.headers.location!, this.url);
    for (;;) {
      const { body: session } = await this.expect<SessionView>(200, 'GET', location.pathname);
      onProgress(session);
      if (session.state === 'failed') {
        throw new Error(`Session ${session.id} failed: ${session.error?.code} ${session.error?.message}`);
      }
      if (isTerminal(session.state)) return session;
      await delay(250);
    }
  }

  async points(resourceId: string): Promise<PointSummary[]> {
    const path = `/api/restore-points?resourceId=${encodeURIComponent(resourceId)}`;
    const { body } = await this.expect<{ value: PointSummary[] }>(200, 'GET', path);
    return body.value;
  }

  async sites(): Promise<SiteAnswer[]> {
    const { body } = await this.expect<{ value: SiteAnswer[] }>(200, 'GET', '/api/sites');
    return body.value;
  }
}
