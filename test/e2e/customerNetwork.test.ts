/**
 * The appliance in a network that is the customer's, with the customer's zones and way out, through real parts: a backup and
 * a restore, and of the customer's nothing is altered.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorld, type World } from '../../demo/world.ts';
import type { SessionView } from '../../model/session.ts';
import type { ArmResource } from '../../sandbox/arm/types.ts';
import { makeHub, type Hub } from './customerHub.ts';

const MiB = 1024 * 1024;
const hubSubscription = '0c000000-0000-4000-8000-0000000000b0';

let world: World;
let hub: Hub;
let before: ArmResource[];
let backup: SessionView;
let restore: SessionView;

/** What is in the customer's groups, and the groups. */
const customers = (sandbox = world.sandbox): ArmResource[] =>
  hub.groups.flatMap((group) => {
    const { store } = sandbox.world;
    return structuredClone([store.require(group), ...store.under(group)]);
  });

beforeAll(async () => {
  world = await startWorld({
    data: [4 * MiB, 2 * MiB, 2 * MiB],
    subscriptions: [
      { subscriptionId: '4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10', displayName: 'Landing zone' },
      { subscriptionId: hubSubscription, displayName: 'Connectivity' },
    ],
    prepare: async (sandbox) => {
      hub = await makeHub(sandbox, hubSubscription);
      before = customers(sandbox);
      return {
        'strongroom:sites': JSON.stringify([{ region: 'westeurope', subnets: hub.subnets }]),
        'strongroom:dns': 'existing',
        'strongroom:zoneIds': JSON.stringify(hub.zoneIds),
      };
    },
  });
  const { appliance, machine } = world;
  backup = await appliance.run('/api/backups', { resourceId: machine.id }, () => {});
  const { resourceGroupId } = machine;
  const request = { point: backup.point, resourceGroupId, namePrefix: 'copy-', disks: ['lun0'] };
  restore = await appliance.run('/api/restores', request, () => {});
}, 240_000);

afterAll(() => world?.stop());

it('restores byte for byte', async () => {
  const { sandbox, machine } = world;
  const source = machine.disks.find(({ key }) => key === 'lun0')!.id;
  expect(await sandbox.disks.sha256(restore.disks[0]!.target!)).toBe(await sandbox.disks.sha256(source));
});

it('needs no repair and warns of nothing', () => {
  for (const session of [backup, restore]) expect([session.notes, session.warnings]).toEqual([undefined, undefined]);
});

it('makes neither network, nor zones, nor a way out; all endpoints and workers are in the customer’s subnets', () => {
  const { store } = world.sandbox.world;
  const own = ['virtualNetworks', 'privateDnsZones', 'natGateways', 'publicIPAddresses', 'routeTables'].flatMap(
    (type) => store.list({ type: `Microsoft.Network/${type}` }).map(({ id }) => id.toLowerCase()),
  );
  const isCustomers = (id: string) => hub.groups.some((group) => id.startsWith(`${group.toLowerCase()}/`));
  expect(own.filter((id) => !isCustomers(id) && !id.includes('/resourcegroups/shop/'))).toEqual([]);
  const endpoints = store.list({ type: 'Microsoft.Network/privateEndpoints' });
  expect(endpoints.length).toBeGreaterThan(10);
  for (const { properties } of endpoints) expect(properties!.subnet).toEqual({ id: hub.subnets.endpoints });
});

it('alters nothing of the customer’s: records come, and the appliance’s rights', () => {
  const after = new Map(customers().map((resource) => [resource.id, resource]));
  for (const resource of before) expect(after.get(resource.id)).toEqual(resource);
  const known = new Set(before.map(({ id }) => id));
  const types = customers().flatMap(({ id, type }) => (known.has(id) ? [] : [type]));
  expect(new Set(types)).toEqual(
    new Set(['Microsoft.Network/privateDnsZones/A', 'Microsoft.Authorization/roleAssignments']),
  );
});
