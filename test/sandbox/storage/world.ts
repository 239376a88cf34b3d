import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArm } from '../../../sandbox/arm/index.ts';
import { createClock } from '../../../sandbox/core/clock.ts';
import { createFaults } from '../../../sandbox/core/faults.ts';
import { startEdge } from '../../../sandbox/edge/index.ts';
import { startStorage } from '../../../sandbox/storage/index.ts';

export const TENANT = '11111111-1111-4111-8111-111111111111';
export const SUBSCRIPTION = '44444444-4444-4444-8444-444444444444';
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`;

/** Edge, ARM and storage, with two resource groups and the operator's environment. */
export async function startWorld() {
  const dir = await mkdtemp(join(tmpdir(), 'storage-test-'));
  const clock = createClock();
  const record = join(dir, 'record.jsonl');
  const edge = await startEdge({
    clock,
    dir,
    tenantId: TENANT,
    faults: createFaults(),
    principalOf: () => undefined,
    record,
  });
  const arm = createArm({
    clock,
    tokens: edge.tokens,
    tenantId: TENANT,
    subscriptions: [{ subscriptionId: SUBSCRIPTION, displayName: 'one' }],
    seed: 'storage',
  });
  const storage = await startStorage({ world: arm.world, tokens: edge.tokens, dir, guestEnv: edge.guestEnv });
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
    await rm(dir, { recursive: true, force: true });
  };
  return { clock, edge, arm, env, record, stop };
}
