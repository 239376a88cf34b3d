import { StrongroomError } from '../model/errors.ts';

/** What a vault's refusal means, by the code of Azure's inner error ("Key Vault REST API error codes"). */
const reasons: Record<string, { reason: string; text: (verb: string) => string }> = {
  KeyDisabled: {
    reason: 'disabled',
    text: () => 'The key is disabled; what it wrapped opens again when it is enabled.',
  },
  KeyExpired: {
    reason: 'expired',
    text: () => 'The key has expired; give it a later date, or rotate to a new version.',
  },
  KeyNotYetValid: { reason: 'notYetValid', text: () => 'The key is not valid yet; see its activation date.' },
  KeyOperationForbidden: {
    reason: 'operation',
    text: (verb) => `The key's permitted operations lack ${verb}Key; add it, or use another key.`,
  },
  ForbiddenByRbac: { reason: 'permission', text: permission },
  ForbiddenByPolicy: { reason: 'permission', text: permission },
  AccessDenied: { reason: 'permission', text: permission },
};

/**
 * A vault's refusal as KEY_REFUSED that says what the matter is and what to do. `details.reason` is `disabled`, `expired`,
 * `notYetValid`, `operation`, `permission`, `deleted`, `missing` or `other`.
 * @param failure what the vault answered
 * @param verb `wrap` or `unwrap`
 * @param recoverableUntil until when a deleted key can be recovered, ISO 8601 UTC; undefined when the vault knows no such
 * deleted key. Asked only where the vault has no such key.
 */
export async function keyRefusal(
  failure: StrongroomError,
  verb: string,
  recoverableUntil: () => Promise<string | undefined>,
): Promise<StrongroomError> {
  const { reason, text } = await reasonOf(failure, verb, recoverableUntil);
  const message = text ? `${failure.message.replace(/\.$/, '')}. ${text}` : failure.message;
  return new StrongroomError('KEY_REFUSED', message, {
    cause: failure.cause,
    details: { ...failure.details, reason },
  });
}

async function reasonOf(
  { code, details }: StrongroomError,
  verb: string,
  recoverableUntil: () => Promise<string | undefined>,
): Promise<{ reason: string; text: string }> {
  const known = reasons[details['code'] ?? ''];
  if (known) return { reason: known.reason, text: known.text(verb) };
  if (code !== 'NOT_FOUND') return { reason: 'other', text: '' };
  const until = await recoverableUntil();
  return until
    ? { reason: 'deleted', text: `The key is deleted; until ${until} it can be recovered in its vault.` }
    : {
        reason: 'missing',
        text: 'The vault has no such key or version, not among its deleted ones either: it was purged, or never was there.',
      };
}

function permission(verb: string): string {
  return `It takes Microsoft.KeyVault/vaults/keys/${verb}/action (role Key Vault Crypto Service Encryption User), or the access policy's ${verb}Key.`;
}
