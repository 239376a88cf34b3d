import { noSharedKeys } from './credentials.ts';
import { diskExports } from './diskExports.ts';
import { noDefaultOutbound, noInboundRule, noPublicAddress } from './network.ts';
import { apiAllowList, noPublicBlobs, noPublicNetworkAccess } from './publicAccess.ts';
import { archiveRedundancy, immutability, purgeProtection } from './retention.ts';
import { leastPrivilege } from './roles.ts';
import type { Resource, Rule } from './rule.ts';
import { tagsPresent } from './tags.ts';
import { encryptedTransport } from './transport.ts';

export type { Resource, Rule } from './rule.ts';

/** Everything that the policy pack checks. */
export const rules: Rule[] = [
  noPublicNetworkAccess,
  noPublicBlobs,
  apiAllowList,
  noSharedKeys,
  encryptedTransport,
  noPublicAddress,
  noInboundRule,
  noDefaultOutbound,
  diskExports,
  purgeProtection,
  immutability,
  archiveRedundancy,
  leastPrivilege,
  tagsPresent,
];

/** What is wrong with a resource, with the rules' defaults: the rule's name and its sentence. */
export function violationsOf(resource: Resource): { rule: string; message: string }[] {
  return rules.flatMap(({ name, check }) => check(resource, {}).map((message) => ({ rule: name, message })));
}
