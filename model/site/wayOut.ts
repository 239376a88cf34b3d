import type { ErrorInfo } from '../errors.ts';

/** Azure's refusals of creating or reading a piece of a site, by the code of its error, and what a person can do. */
const wayOuts: [code: RegExp, wayOut: string][] = [
  [
    /^(Linked)?AuthorizationFailed$/,
    'Run pulumi up, which assigns the roles of the appliance; a new assignment takes up to 10 minutes to have an effect.',
  ],
  [
    /^RequestDisallowedByPolicy$/,
    'An Azure Policy forbids it: exempt the resource group, or have the policy allow what its message names.',
  ],
  [/^(ScopeLocked|ReadOnlyDisabledSubscription)$/, 'Remove the lock, at least while the appliance works.'],
  [
    /quota|limit|MaxNumber|MaxStorageAccounts|TooMany|CountExceeded/i,
    'Ask Azure for more, or remove what nothing needs.',
  ],
  [/^StorageAccountAlreadyTaken$/, 'An account elsewhere has the name: give the appliance another name.'],
];
const OVERLAPPING =
  'The network is linked to another zone of this name: remove that link, or use that zone with dns: existing.';
/** Of ARM when it gives no answer at all. */
export const UNREACHABLE =
  'The appliance does not reach Azure Resource Manager: check the way out of its subnet (NAT gateway, or route and firewall).';

/** What a person can do about an error of ARM; undefined when its message has to do. */
export function wayOut(error: ErrorInfo): string | undefined {
  return wayOutOf(error.details ?? {}, error.message, error);
}

/**
 * What ARM refused, with the way out. What does not answer is left as it is: it may be storage or a vault, whose errors
 * say where to look.
 */
export function withRefusalsWayOut(error: ErrorInfo): ErrorInfo {
  return error.code === 'AZURE_UNAVAILABLE' ? error : withWayOut(error);
}

/** The error with its way out, where there is one. `details` carry `code` and `status` as azure/arm.ts sets them. */
export function withWayOut(error: ErrorInfo): ErrorInfo {
  const { message } = error;
  const way = wayOut(error);
  return way && !message.includes(way) ? { ...error, message: `${message.replace(/\.?$/, '.')} ${way}` } : error;
}

function wayOutOf(
  { code = '', status }: Record<string, string>,
  message: string,
  error: ErrorInfo,
): string | undefined {
  if (error.code === 'AZURE_UNAVAILABLE' && status === '') return UNREACHABLE;
  if (/overlapping namespaces/.test(message)) return OVERLAPPING;
  return wayOuts.find(([pattern]) => pattern.test(code))?.[1];
}
