import { Agent, request as send } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** Headers that belong to one connection only (RFC 9110, 7.6.1), and `expect`, which has been met already. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'te', 'upgrade', 'expect'];

export interface Forwarder {
  /**
   * Sends a request on to a loopback port and its answer back; both bodies stream. `host` is what the receiver sees as
   * its name. `change` may alter the answer's headers. Resolves with the status, or undefined when the client hung up.
   */
  forward(
    request: IncomingMessage,
    response: ServerResponse,
    to: { port: number; host: string; body?: Buffer; change(headers: OutgoingHttpHeaders): void },
  ): Promise<number | undefined>;
  close(): void;
}

export function createForwarder(): Forwarder {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 128 });
  return {
    async forward(request, response, { port, host, body, change }) {
      const headers: OutgoingHttpHeaders = { ...request.headers, host };
      for (const name of HOP_BY_HOP) delete headers[name];
      const upstream = send({ agent, host: '127.0.0.1', port, method: request.method, path: request.url, headers });
      // An upload may fail again after its answer has come; nobody waits for that error any more.
      upstream.on('error', () => {});
      const hangUp = () => upstream.destroy();
      response.once('close', hangUp);
      try {
        const answered = new Promise<IncomingMessage>((resolve, reject) => {
          upstream.once('response', resolve).once('error', reject);
        });
        // A refusal may come before the body has been read to its end: do not wait for the body first.
        if (body) upstream.end(body);
        else request.pipe(upstream);
        const answer = await answered;
        const answerHeaders: OutgoingHttpHeaders = { ...answer.headers };
        for (const name of HOP_BY_HOP) delete answerHeaders[name];
        delete answerHeaders.date; // the edge's stands: it follows the sandbox's clock
        change(answerHeaders);
        response.writeHead(answer.statusCode ?? 502, answerHeaders);
        await pipeline(answer, response);
        return answer.statusCode;
      } catch (error) {
        if (response.destroyed || request.destroyed) return undefined;
        throw error;
      } finally {
        response.off('close', hangUp);
      }
    },
    close: () => agent.destroy(),
  };
}
