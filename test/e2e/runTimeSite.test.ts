/**
 * A site in another subscription that the first backup makes, through real parts and under the rights that the Pulumi program
 * declares; then it is taken under Pulumi's care. What the appliance makes is what the program declares.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { configurations, declaredBy } from '../../demo/adopt/declaration.ts';
import { importFileOf } from '../../demo/adopt/importFile.ts';
import { deployAppliance, stackOf, type Deployment } from '../../demo/deployment.ts';
import type { SessionView } from '../../model/session.ts';
import type { SiteView } from '../../model/site/view.ts';
import type { ArmResource } from '../../sandbox/arm/types.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import type { Applied, Kept } from '../../sandbox/pulumi/index.ts';
import { applyScenario, scenario } from '../../sandbox/scenario/index.ts';

const other = { subscriptionId: '0c000000-0000-4000-8000-0000000000b0', region: 'northeurope' };
const sites = [{ ...other, declared: false }];
const shop = `/subscriptions/${other.subscriptionId}/resourceGroups/shop`;
const machineId = `${shop}/providers/Microsoft.Compute/virtualMachines/till`;
const siteGroup = `/subscriptions/${other.subscriptionId}/resourceGroups/strongroom-${other.region}`;

let sandbox: Sandbox;
let deployment: Deployment;
let backup: SessionView;
let atRunTime: SiteView;
/** What of the site is not there when it is taken over. */
let lost: string;
let before: Record<string, ArmResource>;
let adopted: Applied;
let again: Applied;
let adoptedSite: SiteView;

const site = async () => {
  const { body } = await deployment.appliance.call('GET', `/api/sites/${other.subscriptionId}/${other.region}`);
  return body as SiteView;
};
/** Versions that Azure gives each state; the tag of run time; a default that azure-native states and nobody else. */
const passing = ['etag', 'strongroom-created', 'enableVmProtection'];
/** What the site's group holds, by id. */
const standing = () => {
  const resources = sandbox.world.store.under(siteGroup).map((resource) => [resource.id, resource]);
  const text = JSON.stringify(Object.fromEntries(resources), (key, value: unknown) =>
    passing.includes(key) ? undefined : value,
  );
  return JSON.parse(text) as Record<string, ArmResource>;
};
const namesOf = (urns: string[]) => urns.map((urn) => urn.split('::').at(-1)!);

beforeAll(async () => {
  sandbox = await startSandbox({
    subscriptions: [
      { subscriptionId: '4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10', displayName: 'Backup' },
      { subscriptionId: other.subscriptionId, displayName: 'Shop' },
    ],
  });
  const disk = { name: 'till-os', sizeGiB: 1, data: 2 * 1024 * 1024 };
  const till = { name: 'till', resourceGroup: 'shop', subscription: other.subscriptionId, osDisk: disk };
  const shop = scenario({
    location: other.region,
    resourceGroups: [{ name: 'shop', subscription: other.subscriptionId }],
    virtualMachines: [till],
  });
  const config = { 'strongroom:sites': JSON.stringify(sites), 'strongroom:disksInParallel': '2' };
  [deployment] = await Promise.all([deployAppliance(sandbox, undefined, config), applyScenario(sandbox, shop)]);
  backup = await deployment.appliance.run('/api/backups', { resourceId: machineId }, () => {});
  atRunTime = await site();
  const found = sandbox.world.store.under(siteGroup).map(({ id }) => id);
  lost = found.find((id) => /-queue\/privateDnsZoneGroups\/default$/.test(id))!;
  await sandbox.client.arm('DELETE', `${lost}?api-version=2024-05-01`);
  before = standing();

  const { config: stackConfig, ...stack } = stackOf(sandbox, config);
  const both = configurations(stackConfig!, other);
  const declared = await declaredBy(both.declared, stack.stack);
  const known = [...sandbox.world.state.map<Kept>('pulumi.stacks').values()];
  const file = importFileOf(declared, known, [lost]);
  const up = () => sandbox.apply({ ...stack, config: both.declared });
  await sandbox.importResources({ ...stack, config: both.declared, file, protect: false });
  adopted = await up();
  again = await up();
  await deployment.appliance.ready();
  adoptedSite = await site();
}, 240_000);

afterAll(() => sandbox?.stop());

it('VMP-06 VMP-07 VMP-08 VMP-09 VMP-20 the first backup in another subscription makes the site and says so', () => {
  expect(backup.warnings).toBeUndefined();
  expect(atRunTime).toMatchObject({ state: 'ready', declared: false, problems: [], warnings: [] });
  const madeBy = (maker: string) => atRunTime.pieces.filter(({ made }) => made === maker);
  const named = madeBy('run-time').map(
    ({ key, name }) => `created ${name}${key.startsWith('home:') ? ' in the home site' : ''}.`,
  );
  expect(backup.notes!.map((note) => note.replace('Site northeurope: ', '')).toSorted()).toEqual(named.toSorted());
  // The group holds the rights: Pulumi alone makes it. The home site's network was there.
  expect(madeBy('declared').map(({ key }) => key)).toEqual(expect.arrayContaining(['group', 'home:network']));
});

it('what is taken over is neither replaced nor deleted, and only what was missing is created', () => {
  expect(namesOf(adopted.created)).toEqual([expect.stringMatching(/-records-.*-queue$/)]);
  expect([adopted.replaced, adopted.deleted]).toEqual([[], []]);
  expect(namesOf(adopted.updated)).toContain('functions-app');
  expect(adoptedSite).toMatchObject({ state: 'ready', declared: true, problems: [], warnings: [] });
  expect(adoptedSite.pieces.filter(({ made }) => made !== 'declared')).toEqual([]);
});

it('what the appliance made is what the program declares: taking it over changes nothing but a tag', () => {
  const after = standing();
  expect(Object.fromEntries(Object.keys(before).map((id) => [id, after[id]]))).toEqual(before);
});

it('the next update changes nothing', () => {
  const { created, updated, replaced, deleted } = again;
  expect({ created, updated, replaced, deleted }).toEqual({ created: [], updated: [], replaced: [], deleted: [] });
});
