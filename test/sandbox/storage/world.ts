import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOperations } from '../../../sandbox/arm/operations.ts';
import { createPaths } from '../../../sandbox/arm/paths.ts';
import { createRegistry } from '../../../sandbox/arm/registry.ts';
import { createRouter } from '../../../sandbox/arm/router.ts';
import { createService } from '../../../sandbox/arm/service.ts';
import { createWorld } from '../../../sandbox/arm/world.ts';
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
  const world = createWorld({
    clock,
    tenantId: TENANT,
    seed: 'storage',
    subscriptions: [{ subscriptionId: SUBSCRIPTION, displayName: 'one' }],
  });
  const registry = createRegistry();
  const operations = createOperations(world, { holdMs: 2000, extraPolls: 0 });
  const router = createRouter({
    world,
    registry,
    paths: createPaths(registry, world.store),
    operations,
    pageSize: () => 1000,
  });
  const arm = { world, register: registry.register, service: createService({ world, tokens: edge.tokens, router }) };
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
