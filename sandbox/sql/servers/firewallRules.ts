import { isIPv4 } from 'node:net';
import { bodyOf, proxy } from '../../arm/resource.ts';
import type { ResourceType } from '../../arm/types.ts';
import { invalidParameter, sqlError } from '../errors.ts';
import { SERVER } from '../parts.ts';
import type { SqlParts } from '../parts.ts';

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Firewall rules of a server: ranges of IPv4 addresses. `0.0.0.0` alone lets Azure's services in. */
export function firewallRuleType({ world }: SqlParts): ResourceType {
  return {
    type: `${SERVER}/firewallRules`,
    nameRule: {
      pattern: /^[^<>*%&:\\/?]{1,128}(?<![. ])$/,
      refuse: () => invalidParameter('firewallRuleName'),
    },
    put(call, existing) {
      const { startIpAddress, endIpAddress } = bodyOf(call).properties ?? {};
      for (const [name, value] of Object.entries({ startIpAddress, endIpAddress })) {
        if (typeof value !== 'string' || !isIPv4(value)) throw invalidParameter(name);
      }
      if (numberOf(startIpAddress as string) > numberOf(endIpAddress as string)) {
        throw sqlError(
          400,
          'InvalidFirewallRuleRange',
          'Start IP address of firewall rule cannot exceed End IP address.',
        );
      }
      world.store.put({ ...proxy(call), properties: { startIpAddress, endIpAddress } });
      return { status: existing ? 200 : 201 };
    },
    delete(_call, rule) {
      world.store.delete(rule.id);
      return { status: 200 };
    },
  };
}
