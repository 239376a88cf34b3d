import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Service } from '../core/types.ts';
import type { Sandbox } from '../index.ts';
import { faultList, parseMove } from '../scenario/index.ts';
import { statusOf, type Status } from './status.ts';

/** The host name, reached through the operator's proxy, on which a running world is asked and moved. */
export const CONTROL_HOST = 'sandbox.local';

/** `move`: a time, or a span such as `+26h`. */
const clockBody = z.strictObject({ move: z.string() });

/**
 * The control of a running world: `GET /status`; `GET`, `POST` and `DELETE /faults`; `POST /clock`; `POST /stop`. JSON.
 * @param options.since when the world was started, ISO 8601
 * @param options.stop asks for its end
 */
export function createControl(options: {
  sandbox: Sandbox;
  state: string | undefined;
  since: string;
  stop: () => void;
}): Service {
  const { sandbox, stop } = options;
  const status = (): Status => statusOf(options);

  async function answer(request: IncomingMessage): Promise<unknown> {
    const { pathname } = new URL(request.url ?? '/', `http://${CONTROL_HOST}`);
    switch (`${request.method} ${pathname}`) {
      case 'GET /status':
        return status();
      case 'GET /faults':
        return status().faults;
      case 'POST /faults':
        for (const fault of faultList.parse(JSON.parse(await text(request)))) sandbox.faults.add(fault);
        return status().faults;
      case 'DELETE /faults':
        sandbox.faults.clear();
        return [];
      case 'POST /clock': {
        const move = parseMove(clockBody.parse(JSON.parse(await text(request))).move);
        if ('to' in move) sandbox.clock.set(move.to);
        else sandbox.clock.advance(move.byMs);
        return status();
      }
      case 'POST /stop':
        setImmediate(stop);
        return status();
      default:
        return undefined;
    }
  }

  return {
    name: 'control',
    answers: (host) => host === CONTROL_HOST,
    async handle(request, response, { caller }) {
      if (caller.kind !== 'operator') return send(response, 403, { error: 'Only the operator controls this world.' });
      try {
        const found = await answer(request);
        if (found !== undefined) return send(response, 200, found);
        send(response, 404, { error: 'There are /status, /clock, /faults and /stop.' });
      } catch (error) {
        if (error instanceof z.ZodError) return send(response, 400, { error: z.prettifyError(error) });
        if (error instanceof SyntaxError || error instanceof RangeError) {
          return send(response, 400, { error: error.message });
        }
        throw error;
      }
    },
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
