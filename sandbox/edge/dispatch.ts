import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Faults } from '../core/faults.ts';
import type { Clock, RequestContext, Service } from '../core/types.ts';
import { sendText } from './answers.ts';
import { suffer, type Serve } from './faulted.ts';
import type { Recorder } from './record.ts';

/** Azure Resource Manager, whose exchanges are recorded. */
const RECORDED_HOST = 'management.azure.com';

/** Brings each request to its service: scripted faults first, then the recorder, then the first service that answers. */
export function createDispatcher(options: {
  services: Service[];
  faults: Faults;
  clock: Clock;
  recorder: Recorder | undefined;
}): Serve {
  const { services, faults, clock, recorder } = options;
  const refused = new Set<string>();

  const serve: Serve = async (request, response, context) => {
    response.setHeader('date', new Date(clock.now()).toUTCString());
    if (context.host === RECORDED_HOST) recorder?.observe(request, response, context.host);
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      return sendText(response, 501, `The sandbox has no WebSockets (asked for on ${context.host}).\n`);
    }
    const service = services.find((candidate) => candidate.answers(context.host));
    if (service) return service.handle(request, response, context);
    // In Azure the name would not resolve; a proxy can only say so.
    if (!refused.has(context.host)) {
      refused.add(context.host);
      process.stderr.write(
        `sandbox edge: ${context.caller.id} asked for ${context.host}, which does not resolve here\n`,
      );
    }
    const why = 'the sandbox has no such service, or there is no resource of that name';
    sendText(response, 502, `The name ${context.host} does not resolve: ${why}.\n`);
  };

  return async (request, response, context) => {
    // Without listeners, a client that hangs up in the middle of a body would end this process.
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      const fault = faults.take({
        caller: context.caller.id,
        host: context.host,
        method: request.method ?? '',
        path: request.url ?? '',
      });
      if (fault === undefined) return await serve(request, response, context);
      const answered = (text: IncomingMessage, answer: ServerResponse) => {
        answer.setHeader('date', new Date(clock.now()).toUTCString());
        if (context.host === RECORDED_HOST) recorder?.observe(text, answer, context.host);
      };
      await suffer(fault, { serve, faults, observe: answered }, request, response, context);
    } catch (error) {
      report(request, response, context, error);
    }
  };
}

/** A service that throws is a defect of the sandbox: say so loudly, answer 500 and go on. */
function report(request: IncomingMessage, response: ServerResponse, context: RequestContext, error: unknown): void {
  const path = (request.url ?? '').split('?')[0];
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `sandbox: ${request.method} https://${context.host}${path} for ${context.caller.id} failed:\n${text}\n`,
  );
  if (response.headersSent) response.destroy();
  else sendText(response, 500, `The sandbox failed on ${request.method} ${path}: ${String(error)}\n`);
}
