import { Agent, request as send } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** Headers that belong to one connection only (RFC 9110, 7.6.1), and `expect`, which has been met already. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'te', 'upgrade', 'expect'];

/** Connections to the sandbox's own processes on loopback ports. Idle ones hold nobody up, and end with their process. */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 128 });

export interface Destination {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  /** What the receiver gets, `host` included; headers of the connection are left out. */
  headers: OutgoingHttpHeaders;
  /** The body, where it has been read already. */
  body?: Buffer | undefined;
  /** Headers of the answer that stand instead of the receiver's. */
  answerHeaders?: OutgoingHttpHeaders;
}

/**
 * Sends a request on to a loopback port and its answer back; both bodies stream. Resolves with the status, or undefined
 * when one side hung up in the middle.
 * @throws when there is no answer; the response is then still to be given
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { origin, headers, body, answerHeaders }: Destination,
): Promise<number | undefined> {
  const { method, url: path } = request;
  const upstream = send(origin, { agent, method, path, headers: endToEnd(headers) });
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
    const kept = endToEnd(answer.headers);
    delete kept.date; // the edge's stands: it follows the sandbox's clock
    response.writeHead(answer.statusCode!, { ...kept, ...answerHeaders });
    await pipeline(answer, response);
    return answer.statusCode;
  } catch (error) {
    if (response.destroyed) return undefined;
    // Whoever still sends has to come to an end before it reads the refusal.
    request.unpipe(upstream).resume();
    throw error;
  } finally {
    response.off('close', hangUp);
  }
}

function endToEnd(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name.toLowerCase())));
}
