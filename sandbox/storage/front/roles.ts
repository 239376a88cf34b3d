import type { Access, Needs } from '../../arm/access/contract.ts';
import type { ArmResource } from '../../arm/types.ts';
import type { Tokens } from '../../core/types.ts';
import { CONTENT_TYPES, type StorageKind } from '../contents.ts';
import { isDataAction, type Operation } from './operation.ts';

/** What roles allow of an operation: all of it; all but replacing a blob that is there; nothing. */
export type Allowed = 'wholly' | 'creation' | 'nothing';

/**
 * What roles allow a principal. The record gets the alternative that is granted, of a request that says itself that it
 * replaces nothing the one for new blobs; the first one where none is.
 * @param scope id of the account, or of its container, queue or table
 */
export function allowedTo(
  access: Access,
  principalId: string,
  { anyOf, creation }: Pick<Operation, 'anyOf' | 'creation'>,
  scope: string,
): Allowed {
  if (anyOf.length === 0) return 'wholly';
  const alternatives = anyOf.map(needsOf);
  const granted = (needs: Needs) => access.grants(principalId, needs, scope);
  const whole = alternatives.find(granted);
  const making = creation && [needsOf(creation.needs)].find(granted);
  access.permits(principalId, (creation?.only ? making : undefined) ?? whole ?? making ?? alternatives[0]!, scope);
  if (whole) return 'wholly';
  return making ? 'creation' : 'nothing';
}

function needsOf(actions: string[]): Needs {
  return {
    actions: actions.filter((action) => !isDataAction(action)),
    dataActions: actions.filter(isDataAction),
  };
}

/**
 * Whom a request's roles are asked of: the principal in the token, or the one who signed a user delegation SAS. Undefined:
 * it comes with an account key, a SAS of one, or nothing.
 */
export function principalOf(
  authorization: string | undefined,
  query: URLSearchParams,
  tokens: Tokens,
): string | undefined {
  return tokens.verify(authorization)?.principal.objectId ?? query.get('skoid') ?? undefined;
}

/** The id at which a request's permissions must be granted. */
export function scopeOf(account: ArmResource, kind: StorageKind, { container }: Pick<Operation, 'container'>): string {
  return container === undefined ? account.id : `${account.id}/${CONTENT_TYPES[kind]}/${container}`;
}
