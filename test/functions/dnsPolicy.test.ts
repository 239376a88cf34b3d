/** With `dns: policy` a policy of the customer's makes the records of endpoints: the session waits for it. */
import { NetworkManagementClient } from '@azure/arm-network';
import { PrivateDnsManagementClient } from '@azure/arm-privatedns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureSite, type SiteInput } from '../../functions/orchestrators/ensureSite.ts';
import { siteKey } from '../../model/site/layout.ts';
import { timing } from '../../model/timing.ts';
import { SUBSCRIPTION } from '../sandbox/compute/world.ts';
import type { DurableStage } from './durableStage.ts';
import { environmentOf, home, replayed, startSiteWorld, type SiteWorld } from './siteWorld.ts';

const zones = { blob: 'blob.core.windows.net', queue: 'queue.core.windows.net', table: 'table.core.windows.net' };
const zoneOf = (group: string) =>
  ({ ...zones, disks: zones.blob, vault: 'vaultcore.azure.net', sites: 'azurewebsites.net' })[group]!;

let world: SiteWorld;
let network: NetworkManagementClient;
/** Endpoints that the policy has not seen to yet. */
const waiting = new Set<string>();
/** Whether the policy is assigned. */
let assigned = true;

beforeAll(async () => {
  world = await startSiteWorld(environmentOf({ dns: 'policy' }));
  const { credential, options } = world.access;
  network = new NetworkManagementClient(credential, SUBSCRIPTION, options);
  const dns = new PrivateDnsManagementClient(credential, SUBSCRIPTION, options);
  const { store } = world.arm.world;
  const id = `/subscriptions/${SUBSCRIPTION}/resourceGroups/hub`;
  store.put({ id, name: 'hub', type: 'Microsoft.Resources/resourceGroups', location: 'westeurope', properties: {} });
  for (const zone of new Set(['disks', 'queue', 'table', 'vault', 'sites'].map(zoneOf))) {
    await dns.privateZones.beginCreateOrUpdateAndWait('hub', `privatelink.${zone}`, { location: 'global' });
  }
  store.onChange((changed, resource) => {
    if (resource?.type !== 'Microsoft.Network/privateEndpoints') return;
    if (!store.get(`${changed}/privateDnsZoneGroups/policy`)) waiting.add(changed);
  });
});
afterAll(() => world.stop());

/** What `DeployIfNotExists` does: a zone group of its own name at each endpoint that has none. */
async function remediate(): Promise<void> {
  for (const id of waiting) {
    const { privateLinkServiceConnections } = world.arm.world.store.require(id).properties as {
      privateLinkServiceConnections: { properties: { groupIds: string[] } }[];
    };
    const zone = zoneOf(privateLinkServiceConnections[0]!.properties.groupIds[0]!);
    const [, , , , group, , , , name] = id.split('/');
    await network.privateDnsZoneGroups.createOrUpdate(group!, name!, 'policy', {
      privateDnsZoneConfigs: [
        {
          name: 'record',
          privateDnsZoneId: `/subscriptions/${SUBSCRIPTION}/resourceGroups/hub/providers/Microsoft.Network/privateDnsZones/privatelink.${zone}`,
        },
      ],
    });
  }
  waiting.clear();
}

/** Lets a session ask for the home site; the policy acts when the session has looked so often. */
function ensure(looks: number): Promise<DurableStage> {
  const session = 'backup-20261122t100000z-1a2b3c4d';
  const input: SiteInput = { session, site: siteKey(world.environment, home) };
  let looked = 0;
  return replayed((context) => ensureSite(context, input), input, {
    ...world.activities,
    inspectSite: async (site: never) => {
      if (assigned && ++looked === looks) await remediate();
      return world.activities.inspectSite(site);
    },
    warnSession: async () => null,
    noteSession: async () => null,
  });
}

const typesOf = (...types: string[]) =>
  types.flatMap((type) => world.arm.world.store.list({ type: `Microsoft.Network/${type}` }));

test('the session waits for the records that the policy makes, and makes neither zones nor zone groups', async () => {
  const played = await ensure(40);
  // A policy looks at what is new after ten minutes, then deploys.
  expect(played.now - played.start).toBeGreaterThan(timing.site);
  expect(waiting.size).toBe(0);
  const groups = typesOf('privateEndpoints/privateDnsZoneGroups');
  expect(groups.length).toBeGreaterThan(5);
  expect(groups.filter(({ name }) => name !== 'policy')).toEqual([]);
  expect(typesOf('privateDnsZones').filter(({ id }) => !id.includes('/hub/'))).toEqual([]);
  expect((await ensure(0)).activityNames).toEqual(['inspectSite']);
});

test('a record that never comes ends the session with the endpoint, its name, its address and where to look', async () => {
  assigned = false;
  const { id } = typesOf('privateEndpoints').find(({ name }) => name.endsWith('-blob'))!;
  for (const { id: child } of world.arm.world.store.under(id)) world.arm.world.store.delete(child);
  const error = await ensure(0).then(
    () => expect.fail('the site was taken'),
    (failure: Error) => failure,
  );
  expect(error).toMatchObject({ code: 'SITE_INCOMPLETE' });
  expect(error.message).toMatch(
    /private endpoint strongroom\w+-blob within 40 minutes: strongroom\w+\.blob\.core\.windows\.net \(10\.\S+\)\. With dns: policy/,
  );
});
