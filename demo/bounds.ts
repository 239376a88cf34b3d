import type { ArmResource } from '../sandbox/arm/types.ts';
import { check, type Check } from './leftovers.ts';
import type { World } from './world.ts';

/** What there is in the subscription: ids in lower case. */
type Inventory = ReadonlySet<string>;

export function inventory({ sandbox }: World): Inventory {
  return new Set(resources(sandbox).map(({ id }) => id.toLowerCase()));
}

function resources({ world, subscriptionId }: World['sandbox']): ArmResource[] {
  return world.store.under(`/subscriptions/${subscriptionId}`);
}

/**
 * Whether the appliance kept to its place: private addresses, its own resource groups, its roles.
 * @param before what there was when it was ready
 * @param targets ids of the disks that were restored
 */
export function keptWithinBounds({ sandbox, layout }: World, before: Inventory, targets: string[]): Check[] {
  const all = resources(sandbox);
  const snapshots = all.filter(({ type, tags }) => /\/snapshots$/i.test(type) && tags?.['strongroom-id'] !== undefined);
  const asked = new Set([...snapshots.map(({ id }) => id), ...targets].map((id) => id.toLowerCase()));
  const own = [layout.resourceGroup, layout.repositoriesGroup].map(({ id }) => `${id}/`.toLowerCase());
  const strange = all
    .map(({ id }) => id.toLowerCase())
    .filter((id) => !before.has(id) && !asked.has(id) && !own.some((group) => id.startsWith(group)));
  const open = all.filter(
    ({ type, properties }) =>
      isNetwork(type, 'networkInterfaces') && /publicIPAddress"/.test(JSON.stringify(properties)),
  );
  const addresses = all.filter(({ type }) => isNetwork(type, 'publicIPAddresses'));
  const refused = sandbox.access.demanded().filter(({ granted }) => !granted);
  return [
    check(
      'no network interface has a public address',
      open.map(({ name }) => name),
      [],
    ),
    check(
      "the only public address is the NAT gateway's, for what goes out",
      addresses.map(({ name }) => name),
      [layout.publicIp.name],
    ),
    check(
      'outside its own resource groups the appliance made snapshots and restored disks, and nothing else',
      strange,
      [],
    ),
    check(
      'no request lacked a role',
      refused.map(({ principal, action, scope }) => `${principal}: ${action} on ${scope}`),
      [],
    ),
  ];
}

function isNetwork(type: string, kind: string): boolean {
  return type.toLowerCase() === `microsoft.network/${kind}`.toLowerCase();
}
