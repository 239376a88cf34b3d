import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Faults, RequestFault } from '../core/faults.ts';
import type { RequestContext } from '../core/types.ts';
import { sendJson } from './answers.ts';
import { copyOf, unheard } from './copies.ts';
import { throttled } from './throttled.ts';
import { cutAfter } from './truncate.ts';

/** What happens to a request without faults: its service answers. */
export type Serve = (request: IncomingMessage, response: ServerResponse, context: RequestContext) => Promise<void>;

/**
 * Lets a fault happen to a request.
 * @param serve the service; `answer` of faults is told to `observe` instead
 */
export async function suffer(
  fault: RequestFault,
  parts: { serve: Serve; observe: (request: IncomingMessage, response: ServerResponse) => void; faults: Faults },
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
): Promise<void> {
  const { serve, observe, faults } = parts;
  const cut = () => void request.socket.destroy();
  const kill = async () => {
    if (fault.kill !== undefined) await faults.kill(fault.kill === 'caller' ? context.caller.id : fault.kill);
  };
  if (fault.delayMs !== undefined) await delay(fault.delayMs);
  if (fault.lost) {
    await serve(request, unheard(request), context);
    await kill();
    return cut();
  }
  await kill();
  if (fault.drop) return cut();
  const answer = fault.throttle ? throttled(fault.throttle, context.host) : fault.answer;
  if (answer) {
    observe(request, response);
    return answerWith(answer, request, response);
  }
  if (fault.duplicate) {
    const [first, second] = await copyOf(request);
    await serve(first, unheard(request), context);
    return serve(second, response, context);
  }
  if (fault.truncate !== undefined) cutAfter(response, fault.truncate);
  return serve(request, response, context);
}

function answerWith(
  { status, headers = {}, body }: NonNullable<RequestFault['answer']>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  request.resume();
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (typeof body === 'string') response.writeHead(status).end(body);
  else if (body === undefined) response.writeHead(status, { 'content-length': 0 }).end();
  else sendJson(response, status, body);
}
