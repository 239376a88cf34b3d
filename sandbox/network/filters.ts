import type { ArmResource, ArmWorld } from '../arm/types.ts';
import type { Reference } from '../arm/providers/network/written.ts';
import type { Inside } from './places.ts';
import { decidingRule, type Connection, type SecurityRule } from './securityRules.ts';

/** Why a security group stops a connection; undefined: it does not, or there is none. */
function stoppedBy(
  { store }: ArmWorld,
  holder: ArmResource | undefined,
  direction: 'Inbound' | 'Outbound',
  connection: Connection,
): string | undefined {
  const reference = holder?.properties?.networkSecurityGroup as Reference | undefined;
  const group = reference && store.get(reference.id);
  if (!group) return undefined;
  const { securityRules = [], defaultSecurityRules = [] } = group.properties as Record<string, SecurityRule[]>;
  const rule = decidingRule([...securityRules, ...defaultSecurityRules], direction, connection);
  if (rule?.properties.access.toLowerCase() === 'allow') return undefined;
  return `rule ${rule?.name ?? 'none'} of network security group ${group.name} denies it (${direction.toLowerCase()})`;
}

/** What stops a caller's connection where it leaves: the groups of its interface and of its subnet. */
export function stoppedLeaving(world: ArmWorld, place: Inside, connection: Connection): string | undefined {
  return (
    stoppedBy(world, place.networkInterface, 'Outbound', connection) ??
    stoppedBy(world, place.subnet, 'Outbound', connection)
  );
}

/**
 * What stops a connection at a private endpoint's subnet: its group, where network policies hold for endpoints ("Manage
 * network policies for private endpoints").
 */
export function stoppedEntering(world: ArmWorld, subnet: ArmResource, connection: Connection): string | undefined {
  const policies = String(subnet.properties?.privateEndpointNetworkPolicies);
  if (!['Enabled', 'NetworkSecurityGroupEnabled'].includes(policies)) return undefined;
  return stoppedBy(world, subnet, 'Inbound', connection);
}
