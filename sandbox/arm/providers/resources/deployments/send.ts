import { setTimeout as delay } from 'node:timers/promises';
import type { ArmRequest } from '../../../router.ts';
import { ArmError, type ArmCall, type ArmReply } from '../../../types.ts';

/** Brings a request to the resource type that it is for, as if it came from outside. */
export type Dispatch = (request: ArmRequest) => Promise<ArmReply>;

/** Sends requests of a deployment: as the one who deploys, and waits for operations to their end. */
export type Send = (method: string, id: string, apiVersion: string, body?: unknown) => Promise<unknown>;

const HOST = 'https://management.azure.com';
/** Between two looks at an operation, which each wait for its end for a while themselves. */
const PAUSE_MS = 10;

interface OperationBody {
  status?: string;
  error?: { code?: string; message?: string; details?: unknown };
}

/** @throws ArmError what the request, or the operation that it began, failed with */
export function sender(dispatch: Dispatch, { caller, principalId }: ArmCall): Send {
  const ask = (method: string, url: URL, more: { body?: unknown; follows?: true }) => {
    const apiVersion = url.searchParams.get('api-version') ?? '';
    return dispatch({ method, url, apiVersion, headers: {}, body: undefined, caller, principalId, ...more });
  };
  const follow = (announced: string) => ask('GET', new URL(announced), { follows: true });

  async function finished(announced: string): Promise<void> {
    for (;;) {
      const { body } = await follow(announced);
      const { status, error } = (body ?? {}) as OperationBody;
      if (status === 'Succeeded') return;
      if (status === 'Failed' || status === 'Canceled') {
        const { code = 'OperationFailed', message = `The operation ended as ${status}.`, ...rest } = error ?? {};
        throw new ArmError(409, code, message, { details: rest });
      }
      await delay(PAUSE_MS);
    }
  }

  async function located(announced: string): Promise<unknown> {
    for (;;) {
      const { status, body } = await follow(announced);
      if (status !== 202) return body;
      await delay(PAUSE_MS);
    }
  }

  return async (method, id, apiVersion, body) => {
    const reply = await ask(method, new URL(`${HOST}${id}?api-version=${apiVersion}`), { body });
    const { 'Azure-AsyncOperation': operation, Location: location } = reply.headers ?? {};
    if (operation) await finished(operation);
    else if (reply.status === 202 && location) return located(location);
    return reply.body;
  };
}
