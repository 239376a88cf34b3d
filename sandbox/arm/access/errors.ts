import type { Principal } from '../../core/types.ts';
import { ArmError } from '../types.ts';
import type { Required } from './actions.ts';
import type { LinkedNeed } from './links.ts';

/** ARM itself refused, no provider was asked (seen in public traces of both errors). */
const headers = { 'x-ms-failure-cause': 'gateway' };

/** A user is named by the name that they sign in with, an application by its client id. */
export function clientOf(principal: Principal | undefined, objectId: string): string {
  if (!principal) return `The client '${objectId}' with object id '${objectId}'`;
  const name = principal.kind === 'User' ? principal.displayName : principal.clientId;
  return `The client '${name}' with object id '${objectId}'`;
}

/** Only roles that grant these may have conditions, and ARM's message leaves open which of both it was ("Troubleshoot Azure RBAC"). */
const conditioned = /^Microsoft\.Authorization\/roleAssignments\/(write|delete)$/i;

/** @param client from {@link clientOf} */
export function authorizationFailed(client: string, { action, scope }: Required): ArmError {
  const lacks = conditioned.test(action) ? 'authorization or an ABAC condition not fulfilled' : 'authorization';
  return new ArmError(
    403,
    'AuthorizationFailed',
    `${client} does not have ${lacks} to perform action '${action}' over scope '${scope}' or the scope is invalid. ` +
      'If access was recently granted, please refresh your credentials.',
    { headers },
  );
}

/** What may be done itself, but not with the resources that the body names. */
export function linkedAuthorizationFailed(
  client: string,
  { action, scope }: Required,
  missing: LinkedNeed[],
): ArmError {
  const actions = missing.map(({ shown }) => shown).join(',');
  const scopes = missing.map((one) => one.scope).join(',');
  return new ArmError(
    403,
    'LinkedAuthorizationFailed',
    `${client} has permission to perform action '${action}' on scope '${scope}'; however, it does not have permission ` +
      `to perform action(s) '${actions}' on the linked scope(s) '${scopes}' (respectively) or the linked scope(s) are invalid.`,
    { headers },
  );
}

/** A template with resources that its deployer may not write; ARM looks before it begins ("Troubleshoot common Azure deployment errors"). */
export function templateUnauthorized(
  client: string,
  refused: { name: string; type: string; action: string; scope: string }[],
): ArmError {
  const texts = refused.map(
    ({ name, type, action, scope }) =>
      `Authorization failed for template resource '${name}' of type '${type}'. ${client} does not have permission to ` +
      `perform action '${action}' at scope '${scope}'.`,
  );
  const message =
    texts.length === 1
      ? `The template deployment failed with error: '${texts[0]}'.`
      : `Deployment failed with multiple errors: '${texts.join(':')}'`;
  return new ArmError(403, 'InvalidTemplateDeployment', message, { headers });
}
