import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';

/** Header in which the front sends {@link Rules} with each request; it replaces whatever a client has sent. */
export const RULES_HEADER = 'x-sandbox-rules';

/** What the resource provider has settled for an account, as far as the data servers must know it. */
export interface Rules {
  account: string;
  /** How often each account key was made anew. */
  keyGenerations: { key1: number; key2: number };
  /** How often the user delegation keys were revoked. */
  delegationRevocations: number;
  /** A request of the resource provider itself, which may do what the data plane refuses. */
  controlPlane?: true;
  /** The account has just been made: deleted containers of an earlier one of its name go for good. */
  reset?: true;
  /** The request's roles let it make a blob, not replace one. */
  creationOnly?: true | undefined;
  blob?: BlobRules;
}

/** Settings of an account's blob service, and of the container that the request is about. */
export interface BlobRules {
  skuName: string;
  kind: string;
  versioning: boolean;
  /** Days that deleted blobs are kept; absent: soft delete is off. */
  deleteRetentionDays?: number;
  /** Days that deleted containers are kept. */
  containerRetentionDays?: number;
  /** Tier of block blobs that are uploaded without one. */
  defaultTier: string;
  /** Whether the account's redundancy knows the archive tier. */
  archiveTier: boolean;
  container?: ContainerRules;
}

export interface ContainerRules {
  /** Version-level immutability is on: `policy` is then the default of new versions, otherwise it protects all blobs. */
  versionLevel: boolean;
  policy?: { days: number; locked: boolean; appends: boolean };
  legalHold: boolean;
}

/** One request under way in a data server. */
export interface Exchange {
  rules: Rules;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  /** Id of the version that the request has made. */
  versionId?: string | undefined;
  /** What the request deleted is kept for a while. */
  kept?: true;
}

const exchanges = new AsyncLocalStorage<Exchange>();

/** Runs the handling of a request; {@link exchange} then knows it, however deep. */
export function inExchange(request: IncomingMessage, work: () => void): void {
  const sent = request.headers[RULES_HEADER];
  const rules = JSON.parse(typeof sent === 'string' ? sent : '{}') as Rules;
  const { searchParams: query } = new URL(request.url ?? '/', 'http://azurite');
  exchanges.run({ rules, query, headers: request.headers }, work);
}

/** The request under way. @throws outside of one */
export function exchange(): Exchange {
  const current = exchanges.getStore();
  if (!current) throw new Error('A data server asked for its request outside of one.');
  return current;
}
