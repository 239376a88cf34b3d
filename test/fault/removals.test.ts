/**
 * What a backup does when one thing of its environment is gone: it makes it again and says so, or it fails with a message
 * that names it. One table; a session after another in one world, so that each also shows that the one before left nothing.
 * The rarer rows run with `npm run test:fault`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFaultWorld, type Ended, type FaultWorld } from './world.ts';

let world: FaultWorld;
/** The newest session that made a restore point: its snapshots are to stay. */
let newest = '';

interface Row {
  what: string;
  /** Takes one thing away; gives what puts it back, unless the product does. */
  remove: () => Promise<void | (() => Promise<unknown>)>;
  /** The notes of the session that repairs it, without the site's name. */
  repaired?: RegExp[];
  /** Of a session that goes on all the same. */
  warned?: RegExp;
  /** How the session fails: its code, and words of its message. */
  refused?: [code: string, ...words: RegExp[]];
  /** What was taken stays away; what is left is looked at after the next row, which needs it. */
  leavesAway?: boolean;
  /** Milliseconds by which the clock moves at each look: for what the product waits minutes for. */
  haste?: number;
}

const endpoints = 'Microsoft.Network/privateEndpoints';
const zones = 'Microsoft.Network/privateDnsZones';
const links = `${zones}/virtualNetworkLinks`;
const accounts = 'Microsoft.Storage/storageAccounts';
const diskAccesses = 'Microsoft.Compute/diskAccesses';
const roleDefinitions = 'Microsoft.Authorization/roleDefinitions';
const roleAssignments = 'Microsoft.Authorization/roleAssignments';
const blobs = `${accounts}/blobServices/containers/blobs`;
const messages = `${accounts}/queueServices/queues/messages`;

const network = '2024-05-01';
const dns = '2024-06-01';
const storage = '2025-01-01';
const compute = '2025-01-02';
const authorization = '2022-04-01';
const locks = '2020-05-01';

const remove = (type: string, id: RegExp, version: string) => async () => {
  await world.arm('DELETE', world.one(type, id).id, version);
};

/** For a row that follows upon one that took it. */
const stillGone = (type: string, id: RegExp) => async () => {
  expect(world.sandbox.world.store.list({ type }).filter((each) => id.test(each.id))).toEqual([]);
};

/** Writes a resource with other properties, and as it was when it is called back. */
async function change(
  type: string,
  id: RegExp,
  version: string,
  alter: (properties: Record<string, unknown>) => Record<string, unknown>,
) {
  const { id: whole, location, tags, properties } = structuredClone(world.one(type, id));
  const put = (changed: unknown) => world.arm('PUT', whole, version, { location, tags, properties: changed });
  await put(alter(structuredClone(properties!)));
  return () => put(properties);
}

/** The target's owner decides on the connection of an endpoint. */
const decide = (target: RegExp, status: string) => async () => {
  const { id, properties } = world.one(`${accounts}/privateEndpointConnections`, target);
  const say = (state: unknown) =>
    world.arm('PUT', id, storage, { properties: { privateLinkServiceConnectionState: state } });
  const before = properties!.privateLinkServiceConnectionState;
  await say({ status, description: 'No reason given.' });
  return () => say(before);
};

function roleOf(title: string) {
  const definitions = world.sandbox.world.store.list({ type: roleDefinitions });
  return definitions.find(({ properties }) => String(properties!.roleName).startsWith(`Strongroom ${title} `))!;
}

/** Takes one action out of a custom role of the product's. */
const without = (role: string, action: string) => async () => {
  const definitions = world.sandbox.world.store.list({ type: roleDefinitions });
  const { id } = definitions.find(({ properties }) => String(properties!.roleName).startsWith(`Strongroom ${role} `))!;
  return change(roleDefinitions, new RegExp(id.split('/').at(-1)!), authorization, (properties) => {
    const [permission] = properties.permissions as Record<string, string[]>[];
    const drop = (list: string[] = []) => list.filter((each) => each.toLowerCase() !== action.toLowerCase());
    const changed = { ...permission, actions: drop(permission!.actions), dataActions: drop(permission!.dataActions) };
    expect(changed, `role ${role} with ${action}`).not.toEqual(permission);
    return { ...properties, permissions: [changed] };
  });
};

const lock = (level: string) => async () => {
  const id = `${world.machine.resourceGroupId}/providers/Microsoft.Authorization/locks/audit`;
  await world.arm('PUT', id, locks, { properties: { level } });
  return () => world.arm('DELETE', id, locks);
};

/** Both of them away. */
const and =
  (first: Row['remove'], second: Row['remove']): Row['remove'] =>
  async () => {
    const back = [await first(), await second()];
    return async () => {
      for (const put of back) await put?.();
    };
  };

/** Azure answers the creation of endpoints with an error. */
const refusing =
  (status: number, code: string, message: string): Row['remove'] =>
  async () => {
    const fault = world.sandbox.faults.add({
      method: 'PUT',
      path: /\/privateEndpoints\/[^/?]+\?/,
      answer: { status, body: { error: { code, message } } },
    });
    return async () => fault.remove();
  };

const endpointNotes = (name: string) => [
  new RegExp(`created private endpoint ${name}\\.$`),
  new RegExp(`created DNS zone group of private endpoint ${name}\\.$`),
];
const blobEndpoint = /strongroomd\w+-blob$/;
const queueEndpoint = /strongroomd\w+-queue$/;
const action = (name: string) => new RegExp(name.replaceAll('/', '\\/'));

const usual: Row[] = [
  {
    what: 'the private endpoint of Key Vault, and the appliance just started',
    remove: async () => {
      await remove(endpoints, /-vault$/, network)();
      await restart();
    },
    repaired: endpointNotes('strongroom-\\w+-vault'),
  },
  {
    what: 'the link of the zone for blobs',
    remove: remove(links, /privatelink\.blob\.[^/]+\/virtualNetworkLinks\/strongroom-vnet$/, dns),
    repaired: [/created virtual network link strongroom-vnet of zone privatelink\.blob\.core\.windows\.net\.$/],
  },
  {
    what: "the record of the repository's account",
    remove: remove(`${zones}/A`, /strongrorepo\w+$/, dns),
    repaired: [/wrote the records of the DNS zone group of private endpoint strongrorepo\w+-blob again\.$/],
  },
  {
    what: 'VMP-20 a disk access, with its endpoint',
    remove: async () => {
      await remove(endpoints, /disk-access-1-disks$/, network)();
      await remove(diskAccesses, /disk-access-1$/, compute)();
    },
    repaired: [/created disk access strongroom-disk-access-1\.$/, ...endpointNotes('strongroom-disk-access-1-disks')],
  },
  {
    what: "the approval of the account's connection (Rejected)",
    remove: decide(/strongroomd\w+-blob/, 'Rejected'),
    refused: ['SITE_DRIFTED', /private endpoint strongroomd\w+-blob is Rejected/, /the next session makes it again/],
  },
  {
    what: "the approval of the repository's connection (Pending)",
    remove: decide(/strongrorepo\w+-blob/, 'Pending'),
    refused: ['SITE_DRIFTED', /private endpoint strongrorepo\w+-blob is Pending/, /Approve it/],
  },
  {
    what: 'the right to take snapshots',
    remove: without('protect', 'Microsoft.Compute/snapshots/write'),
    refused: ['PERMISSION_MISSING', /Microsoft\.Compute\/snapshots\/write/, /over scope '.*\/snapshots\//, /pulumi up/],
  },
  {
    what: 'the right to start workers',
    remove: without('site', 'Microsoft.Compute/virtualMachines/start/action'),
    refused: ['PERMISSION_MISSING', /virtualMachines\/start\/action/, /strongroom-worker-1'/, /pulumi up/],
  },
  {
    what: "the right to wrap workers' keys",
    remove: without('crypto', 'Microsoft.KeyVault/vaults/keys/wrap/action'),
    refused: ['KEY_REFUSED', /wrap with https:\/\/strongroom-\w+\.vault\.azure\.net\/keys\/messages/, /lacks a role/],
  },
  {
    what: 'the right to create endpoints, and one of them',
    remove: and(without('site', `${endpoints}/write`), remove(endpoints, blobEndpoint, network)),
    refused: ['PERMISSION_MISSING', action(`${endpoints}/write`), /strongroomd\w+-blob'/, /pulumi up/],
    haste: 20_000,
  },
  {
    what: "VMP-08 the private endpoint for blobs of the site's account, which is gone since",
    remove: stillGone(endpoints, blobEndpoint),
    repaired: endpointNotes('strongroomd\\w+-blob'),
  },
  {
    what: "VMP-07 a setting of the site's account",
    remove: () => change(accounts, /strongroomd\w+$/, storage, (all) => ({ ...all, publicNetworkAccess: 'Enabled' })),
    refused: ['SITE_DRIFTED', /strongroomd\w+ .*publicNetworkAccess is Enabled, expected Disabled/, /pulumi up/],
  },
  {
    what: "that the site's account is the only one with its tags",
    remove: async () => {
      const { id, location, tags } = world.one(accounts, /strongroomd\w+$/);
      const second = id.replace(/[^/]+$/, 'strongroomsecond');
      await world.arm('PUT', second, storage, { location, tags, kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
      return () => world.arm('DELETE', second, storage);
    },
    refused: ['SITE_DRIFTED', /storageAccounts\/strongroomsecond carries the tags/, /Remove its tag strongroom-role/],
  },
  {
    what: 'the permission of an Azure Policy to create endpoints, and one of them',
    remove: and(
      refusing(
        403,
        'RequestDisallowedByPolicy',
        "Resource was disallowed by policy. Policy identifiers: 'No endpoints'.",
      ),
      remove(endpoints, queueEndpoint, network),
    ),
    refused: [
      'AZURE_REFUSED',
      /strongroomd\w+-queue/,
      /disallowed by policy.*No endpoints/,
      /exempt the resource group/,
    ],
    leavesAway: true,
  },
  {
    what: "VMP-09 the private endpoint for queues of the site's account, which is gone since",
    remove: stillGone(endpoints, queueEndpoint),
    repaired: endpointNotes('strongroomd\\w+-queue'),
  },
  {
    what: "that the machine's group may be written to (ReadOnly lock)",
    remove: lock('ReadOnly'),
    refused: ['AZURE_REFUSED', /ScopeLocked/, /resourceGroups\/shop/, /Remove the lock/],
  },
];

const rare: Row[] = [
  {
    what: 'the private endpoint of the repository',
    remove: remove(endpoints, /strongrorepo\w+-blob$/, network),
    repaired: endpointNotes('strongrorepo\\w+-blob'),
  },
  {
    what: 'the private endpoint of a disk access',
    remove: remove(endpoints, /disk-access-2-disks$/, network),
    repaired: endpointNotes('strongroom-disk-access-2-disks'),
  },
  {
    what: 'the link of the zone for queues',
    remove: remove(links, /privatelink\.queue\.[^/]+\/virtualNetworkLinks\/strongroom-vnet$/, dns),
    repaired: [/created virtual network link strongroom-vnet of zone privatelink\.queue\.core\.windows\.net\.$/],
  },
  {
    what: 'the link of the zone for Key Vault, and the appliance just started',
    remove: async () => {
      await remove(links, /privatelink\.vaultcore\.[^/]+\/virtualNetworkLinks\/strongroom-vnet$/, dns)();
      await restart();
    },
    repaired: [/created virtual network link strongroom-vnet of zone privatelink\.vaultcore\.azure\.net\.$/],
  },
  {
    what: 'the record of Key Vault, and the appliance just started',
    remove: async () => {
      await remove(`${zones}/A`, /vaultcore\.azure\.net\/A\/strongroom-\w+$/, dns)();
      await restart();
    },
    repaired: [/wrote the records of the DNS zone group of private endpoint strongroom-\w+-vault again\.$/],
  },
  {
    what: "the record of the account's queues",
    remove: remove(`${zones}/A`, /queue\.core\.windows\.net\/A\/strongroomd\w+$/, dns),
    repaired: [/wrote the records of the DNS zone group of private endpoint strongroomd\w+-queue again\.$/],
  },
  {
    what: 'the record of a disk access',
    remove: async () => {
      const [record] = world.sandbox.world.store.list({ type: `${zones}/A` }).filter(({ name }) => /^md-/.test(name));
      await world.arm('DELETE', record!.id, dns);
    },
    repaired: [/wrote the records of the DNS zone group of private endpoint strongroom-disk-access-\d-disks again\.$/],
  },
  {
    what: 'VMP-19 VMP-20 all disk accesses, with their endpoints',
    remove: async () => {
      for (const { id, name } of world.sandbox.world.store.list({ type: diskAccesses })) {
        await remove(endpoints, new RegExp(`${name}-disks$`), network)();
        await world.arm('DELETE', id, compute);
      }
    },
    repaired: [1, 2, 3, 4].flatMap((n) => [
      new RegExp(`created disk access strongroom-disk-access-${n}\\.$`),
      ...endpointNotes(`strongroom-disk-access-${n}-disks`),
    ]),
  },
  {
    what: 'the queue of reports',
    remove: remove(
      `${accounts}/queueServices/queues`,
      /strongroomd\w+\/queueServices\/default\/queues\/[\w-]+$/,
      storage,
    ),
    repaired: [/created queue [\w-]+ of strongroomd\w+\.$/],
  },
  {
    what: "the container of the workers' files",
    remove: remove(`${accounts}/blobServices/containers`, /strongroomd\w+\/.*\/worker-files$/, storage),
    repaired: [/created container worker-files of strongroomd\w+\.$/],
  },
  {
    what: 'a rule of the network security group (it stays as it is)',
    remove: () =>
      change('Microsoft.Network/networkSecurityGroups', /./, network, ({ securityRules, ...others }) => ({
        ...others,
        securityRules: (securityRules as { name: string }[]).filter(({ name }) => name !== 'allow-endpoints'),
      })),
    refused: ['WORKER_LOST', /not heard of within 10 minutes/, /GET \/api\/sites/],
    warned: /Network security group .*allow-endpoints/,
    haste: 20_000,
  },
  {
    what: "its record: somebody's endpoint to the same account took it over",
    remove: async () => {
      const own = world.one(endpoints, blobEndpoint);
      const { subnet } = own.properties as { subnet: { id: string } };
      const zone = world.one(zones, /privatelink\.blob\.core\.windows\.net$/);
      const id = `${world.machine.resourceGroupId}/providers/${endpoints}/theirs`;
      await world.arm('PUT', id, network, {
        location: own.location,
        properties: {
          subnet: { id: subnet.id },
          privateLinkServiceConnections: [
            { name: 'blob', properties: { privateLinkServiceId: world.layout.account.id, groupIds: ['blob'] } },
          ],
        },
      });
      await world.arm('PUT', `${id}/privateDnsZoneGroups/default`, network, {
        properties: { privateDnsZoneConfigs: [{ name: 'blob', properties: { privateDnsZoneId: zone.id } }] },
      });
    },
    repaired: [/wrote the records of the DNS zone group of private endpoint strongroomd\w+-blob again\.$/],
  },
  {
    what: 'their endpoint: the record is ours again and stays',
    remove: remove(endpoints, /\/theirs$/, network),
  },
  {
    what: "the workers' right to write to the repository",
    remove: without('writer', `${blobs}/write`),
    refused: ['AZURE_REFUSED', /strongrorepo\w+\.blob\.core\.windows\.net/, /lacks a role/],
  },
  {
    what: "the appliance's right to export snapshots",
    remove: without('protect', 'Microsoft.Compute/snapshots/beginGetAccess/action'),
    refused: ['PERMISSION_MISSING', /snapshots\/beginGetAccess\/action/, /over scope '.*\/snapshots\//, /pulumi up/],
  },
  {
    what: "the appliance's right to run commands on workers",
    remove: without('site', 'Microsoft.Compute/virtualMachines/runCommands/write'),
    refused: ['PERMISSION_MISSING', /virtualMachines\/runCommands\/write/, /strongroom-worker-1\//, /pulumi up/],
  },
  {
    what: "the appliance's right to take reports",
    remove: without('dispatch', `${messages}/process/action`),
    refused: ['WORKER_LOST', /strongroom-worker-1 started but was not heard of within 10 minutes/],
    haste: 20_000,
  },
  {
    what: 'the right to read machines: refused at once',
    remove: without('protect', 'Microsoft.Compute/virtualMachines/read'),
    refused: ['PERMISSION_MISSING', /virtualMachines\/read/, /virtualMachines\/web'/, /pulumi up/],
  },
  {
    what: "that snapshots in the machine's group may be deleted (CanNotDelete lock)",
    remove: lock('CanNotDelete'),
    warned: /ScopeLocked.*resourceGroups\/shop.*remove the lock/,
    leavesAway: true,
  },
  { what: 'nothing, and the old snapshot goes', remove: async () => {} },
  {
    what: 'quota for endpoints, and one of them',
    remove: and(
      refusing(400, 'PrivateEndpointCountLimitReached', 'The limit of private endpoints of this network is reached.'),
      remove(endpoints, blobEndpoint, network),
    ),
    refused: ['AZURE_REFUSED', /strongroomd\w+-blob/, /limit of private endpoints/, /Ask Azure for more/],
  },
  {
    what: 'that endpoint, and a role that was assigned a minute ago and has not reached Azure',
    remove: async () => {
      const { settings } = world.sandbox;
      const site = roleOf('site').id;
      for (const assignment of world.sandbox.world.store.list({ type: roleAssignments })) {
        const { roleDefinitionId, principalId } = assignment.properties as Record<string, string>;
        if (roleDefinitionId!.toLowerCase() !== site.toLowerCase()) continue;
        const properties = { roleDefinitionId, principalId, principalType: 'ServicePrincipal' };
        await world.arm('DELETE', assignment.id, authorization);
        await world.arm('PUT', assignment.id, authorization, { properties });
      }
      settings.access.propagationMs = 2 * 60_000;
      return async () => void (settings.access.propagationMs = 0);
    },
    repaired: endpointNotes('strongroomd\\w+-blob'),
    haste: 5000,
  },
  {
    what: "the appliance's way out (NAT gateway of its subnet)",
    remove: () =>
      change(
        'Microsoft.Network/virtualNetworks/subnets',
        /strongroom-vnet\/subnets\/functions$/,
        network,
        ({ natGateway: _gone, ...others }) => others,
      ),
    refused: ['AZURE_UNAVAILABLE', /read virtual machine .*\/virtualMachines\/web/, /way out of its subnet/],
  },
];

async function restart() {
  await world.app.kill();
  await world.app.restart();
  await world.appliance.ready();
}

async function play({ remove: take, repaired = [], warned, refused, haste, leavesAway }: Row): Promise<void> {
  const putBack = await take();
  let ended: Ended;
  try {
    ended = await world.backUp(haste);
  } finally {
    await putBack?.();
  }
  if (refused) {
    const [code, ...words] = refused;
    expect(ended.error?.code, JSON.stringify(ended)).toBe(code);
    for (const word of words) expect(ended.error!.message).toMatch(word);
    if (warned) expect(ended.warnings).toContainEqual(expect.stringMatching(warned));
  } else {
    expect(ended.state, JSON.stringify(ended)).toBe('completed');
    newest = ended.id;
    const notes = ended.notes ?? [];
    expect(notes, JSON.stringify(notes)).toHaveLength(repaired.length);
    for (const note of repaired) expect(notes).toContainEqual(expect.stringMatching(note));
    if (warned) expect(ended.warnings).toContainEqual(expect.stringMatching(warned));
    else expect(ended.warnings).toBeUndefined();
  }
  if (!leavesAway) expect(await world.left(newest)).toEqual([]);
}

beforeAll(async () => {
  world = await startFaultWorld();
}, 240_000);
afterAll(() => world?.stop());

it('backs up while all is there', () => play({ what: 'nothing', remove: async () => {} }), 150_000);

describe('a backup without', () => {
  for (const row of usual) it(row.what, () => play(row), 150_000);
});

if (process.env.FAULTS === 'all') {
  describe('rarer: a backup without', () => {
    for (const row of rare) it(row.what, () => play(row), 150_000);
  });
}
