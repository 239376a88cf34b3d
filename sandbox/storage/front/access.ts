import type { ArmResource } from '../../arm/types.ts';
import type { Caller, Tokens } from '../../core/types.ts';
import { CONTENT_TYPES, type StorageKind } from '../contents.ts';
import type { Origin } from './firewall.ts';
import type { Operation } from './operations.ts';

/** Somebody known by Entra wants to do something with data. */
export interface AccessRequest {
  /** Object id of the principal in the token, or of the one who signed a user delegation SAS. */
  principalId: string;
  operation: string;
  /** Alternatives; of one of them all actions and data actions must be granted at `scope`. */
  anyOf: string[][];
  /** Id of the account, or of its container, queue or table. */
  scope: string;
}

/** What decides over roles and networks. */
export interface AccessControl {
  /** Whether roles grant it. */
  authorize(request: AccessRequest): boolean;
  /** Where a caller's request to an account's service comes from; undefined: networks are not enforced. */
  originOf(caller: Caller, account: ArmResource, kind: StorageKind): Origin | undefined;
}

/** Everybody with a token of the tenant may do everything, from anywhere. */
export const openAccess: AccessControl = { authorize: () => true, originOf: () => undefined };

/** Whom a request's roles are asked of; undefined: it comes with an account key, a SAS of one, or nothing. */
export function principalOf(
  authorization: string | undefined,
  query: URLSearchParams,
  tokens: Tokens,
): string | undefined {
  return tokens.verify(authorization)?.principal.objectId ?? query.get('skoid') ?? undefined;
}

/** The id at which a request's permissions must be granted. */
export function scopeOf(account: ArmResource, kind: StorageKind, { container }: Operation): string {
  return container === undefined ? account.id : `${account.id}/${CONTENT_TYPES[kind]}/${container}`;
}
