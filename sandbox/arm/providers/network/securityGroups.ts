import { bodyOf, oneOf, patchTags, tracked } from '../../resource.ts';
import { ArmError, type ArmWorld, type ResourceType } from '../../types.ts';
import { securityGroupInUse } from './errors.ts';
import { interfaceType } from './interfaceAddresses.ts';
import { subnetType } from './subnets.ts';
import { inlineChildren, readOnlyChildren, type Child } from './children.ts';
import { nameRule } from './names.ts';
import { newEtag, references, remove, usersOf, write } from './written.ts';

const type = 'Microsoft.Network/networkSecurityGroups';

/** Name, direction, priority, access, source and destination of the rules that every group has. */
const defaults = [
  ['AllowVnetInBound', 'Inbound', 65000, 'Allow', 'VirtualNetwork', 'VirtualNetwork'],
  ['AllowAzureLoadBalancerInBound', 'Inbound', 65001, 'Allow', 'AzureLoadBalancer', '*'],
  ['DenyAllInBound', 'Inbound', 65500, 'Deny', '*', '*'],
  ['AllowVnetOutBound', 'Outbound', 65000, 'Allow', 'VirtualNetwork', 'VirtualNetwork'],
  ['AllowInternetOutBound', 'Outbound', 65001, 'Allow', '*', 'Internet'],
  ['DenyAllOutBound', 'Outbound', 65500, 'Deny', '*', '*'],
] as const;

function rule(world: ArmWorld, id: string, kind: string, name: string, properties: object): unknown {
  return {
    name,
    id: `${id}/${kind}/${name}`,
    etag: newEtag(world),
    type: `${type}/${kind}`,
    properties: { ...properties, provisioningState: 'Succeeded' },
  };
}

function defaultRules(world: ArmWorld, id: string): unknown[] {
  return defaults.map(([name, direction, priority, access, source, destination]) =>
    rule(world, id, 'defaultSecurityRules', name, {
      protocol: '*',
      sourcePortRange: '*',
      destinationPortRange: '*',
      sourceAddressPrefix: source,
      destinationAddressPrefix: destination,
      access,
      priority,
      direction,
    }),
  );
}

const values: Record<string, string[]> = {
  protocol: ['Tcp', 'Udp', 'Icmp', 'Esp', 'Ah', '*'],
  access: ['Allow', 'Deny'],
  direction: ['Inbound', 'Outbound'],
};

/** @throws ArmError 400 SecurityRuleInvalidPriority, SecurityRuleConflict, InvalidRequestFormat */
function checkRules(rules: Child[]): void {
  const seen = new Map<string, string>();
  for (const { name, properties } of rules) {
    for (const [field, allowed] of Object.entries(values)) oneOf(properties[field], allowed, `securityRules.${field}`);
    const { priority, direction } = properties as { priority: number; direction: string };
    if (!(priority >= 100 && priority <= 4096)) {
      const message = `Security rule has invalid Priority. Value provided: ${priority} Allowed range 100-4096.`;
      throw new ArmError(400, 'SecurityRuleInvalidPriority', message);
    }
    const key = `${direction}/${priority}`.toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      throw new ArmError(
        400,
        'SecurityRuleConflict',
        `Security rule ${name} conflicts with rule ${other}. Rules cannot have the same Priority and Direction. ` +
          'To learn more, see aka.ms/nsgrules.',
      );
    }
    seen.set(key, name);
  }
}

/** Microsoft.Network/networkSecurityGroups, rules inline. */
export const networkSecurityGroups: ResourceType = {
  type,
  nameRule,
  put(call, existing) {
    const { world, path } = call;
    const { securityRules = [], ...properties } = bodyOf(call).properties ?? {};
    const rules = securityRules as Child[];
    checkRules(rules);
    return write(call, existing, {
      ...tracked(call, existing),
      properties: {
        ...properties,
        securityRules: rules.map((one) => rule(world, path.id, 'securityRules', one.name, one.properties)),
        defaultSecurityRules: defaultRules(world, path.id),
      },
    });
  },
  patch: patchTags,
  delete(call, existing) {
    const users = [subnetType, interfaceType].flatMap((kind) =>
      usersOf(call.world, kind, 'networkSecurityGroup', existing.id),
    );
    if (users[0]) throw securityGroupInUse(existing.id, users[0].id);
    return remove(call, existing);
  },
  view(group, call) {
    const subnets = references(usersOf(call.world, subnetType, 'networkSecurityGroup', group.id));
    const interfaces = references(usersOf(call.world, interfaceType, 'networkSecurityGroup', group.id));
    return {
      ...group,
      properties: {
        ...group.properties,
        ...(subnets.length > 0 && { subnets }),
        ...(interfaces.length > 0 && { networkInterfaces: interfaces }),
      },
    };
  },
};

/** Microsoft.Network/networkSecurityGroups/securityRules and defaultSecurityRules: the rules of a group one by one. */
export const securityRules = inlineChildren(`${type}/securityRules`, 'securityRules', checkRules);
export const defaultSecurityRules = readOnlyChildren(`${type}/defaultSecurityRules`, 'defaultSecurityRules');
