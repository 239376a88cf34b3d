import type { IncomingHttpHeaders } from 'node:http';
import type { StorageKind } from '../contents.ts';

/** What a request asks of the data plane, as far as permissions go. */
export interface Operation {
  /** As the REST reference calls it. */
  name: string;
  /** Alternatives; of one of them all actions and data actions must be granted. None: nothing is asked. */
  anyOf: string[][];
  /** What is enough as long as the blob that is written is not there yet. */
  creation?: {
    needs: string[];
    /** The request says itself that it replaces nothing (`If-None-Match: *`). */
    only: boolean;
  };
  /** The container, queue or table that it is about; absent: the account. */
  container?: string;
}

export interface OperationRequest {
  kind: StorageKind;
  method: string;
  /** Path and query as asked for. */
  url: URL;
  headers: IncomingHttpHeaders;
}

/** Data actions are granted by `dataActions` of a role, the others by `actions`. */
export function isDataAction(action: string): boolean {
  return /\/(blobs|messages|entities)\//.test(action);
}

/** An operation for which one of the alternatives is enough: an action, or several that are all needed. */
export const operation = (name: string, ...anyOf: (string | string[])[]): Operation => ({
  name,
  anyOf: anyOf.map((alternative) => [alternative].flat()),
});

/** Whether a request only looks. */
export const reads = (method: string): boolean => method === 'GET' || method === 'HEAD';
