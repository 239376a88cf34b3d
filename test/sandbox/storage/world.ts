import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RoleSeed } from '../../../sandbox/arm/access/seed.ts';
import { createArm } from '../../../sandbox/arm/index.ts';
import { createClock } from '../../../sandbox/core/clock.ts';
import { createFaults } from '../../../sandbox/core/faults.ts';
import { openState } from '../../../sandbox/core/state.ts';
import type { Origin } from '../../../sandbox/core/types.ts';
import { people, startEdge } from '../../../sandbox/edge/index.ts';
import { startStorage } from '../../../sandbox/storage/index.ts';

export const TENANT = '11111111-1111-4111-8111-111111111111';
export const SUBSCRIPTION = '44444444-4444-4444-8444-444444444444';
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`;

/** The beginning of a module for {@link runModule}: clients, and what tests do with them. */
export function clientsOf(): string {
  return `
    import { ManagedIdentityCredential } from '@azure/identity';
    import { StorageManagementClient } from '@azure/arm-storage';
    import { BlobServiceClient } from '@azure/storage-blob';
    const credential = new ManagedIdentityCredential();
    const arm = new StorageManagementClient(credential, '${SUBSCRIPTION}');
    const print = (value) => console.log(JSON.stringify(value));
    const failure = (promise) => promise.then(() => 'done', (e) => [e.statusCode, e.code ?? e.details?.errorCode]);
    const service = (name) => new BlobServiceClient('https://' + name + '.blob.core.windows.net', credential, { retryOptions: { maxTries: 1 } });
    const all = async (pages) => { const found = []; for await (const item of pages) found.push(item); return found; };
    const put = (blob, text, more) => blob.upload(text, text.length, more);
    const read = async (blob) => (await blob.downloadToBuffer()).toString();
  `;
}

/** What the operator of these tests may do with data. Refusals are tested with others. */
const operatorRoles = [
  'Owner',
  'Storage Blob Data Owner',
  'Storage Queue Data Contributor',
  'Storage Queue Data Message Sender',
  'Storage Queue Delegator',
  'Storage Table Data Contributor',
].map((role) => ({ to: people.operator, role }));

/**
 * Edge, ARM and storage, with two resource groups and the operator's environment.
 * @param options.kept folder that the world is started on and that it leaves
 * @param options.roles who else has roles
 */
export async function startWorld(options: { kept?: string; roles?: RoleSeed[] } = {}) {
  const dir = options.kept ?? (await mkdtemp(join(tmpdir(), 'storage-test-')));
  const state = openState(options.kept);
  const clock = createClock();
  /** Where everybody comes from. */
  const network: { origin: Origin } = { origin: { address: '192.0.2.1' } };
  const record = join(dir, 'record.jsonl');
  const edge = await startEdge({
    clock,
    dir,
    tenantId: TENANT,
    faults: createFaults(),
    principalOf: () => undefined,
    wayTo: () => ({ open: true, origin: network.origin }),
    record,
    state,
  });
  const arm = createArm({
    clock,
    tokens: edge.tokens,
    tenantId: TENANT,
    subscriptions: [{ subscriptionId: SUBSCRIPTION, displayName: 'one' }],
    seed: 'storage',
    state,
    roles: [...operatorRoles, ...(options.roles ?? [])],
  });
  const { tokens, guestEnv } = edge;
  const storage = await startStorage({ world: arm.world, tokens, dir, guestEnv });
  arm.register(storage.provider);
  edge.use(arm.service);
  edge.use(storage.service);
  for (const name of ['rg', 'other']) {
    const id = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${name}`;
    arm.world.store.put({ id, name, type: 'Microsoft.Resources/resourceGroups', location: 'westeurope' });
  }
  const { env } = await edge.open({ id: 'operator', kind: 'operator' });
  const stop = async () => {
    await edge.stop();
    await storage.stop();
    state.close();
    if (options.kept === undefined) await rm(dir, { recursive: true, force: true });
  };
  return { clock, network, edge, arm, storage, env, record, stop };
}
