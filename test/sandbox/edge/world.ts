import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../../sandbox/core/clock.ts';
import { createFaults } from '../../../sandbox/core/faults.ts';
import type { Principal } from '../../../sandbox/core/types.ts';
import { startEdge, type EdgeOptions } from '../../../sandbox/edge/index.ts';

export const TENANT = '11111111-1111-4111-8111-111111111111';
export const worker: Principal = {
  objectId: '22222222-2222-4222-8222-222222222222',
  clientId: '33333333-3333-4333-8333-333333333333',
  kind: 'ServicePrincipal',
  displayName: 'worker',
};

/** An edge of its own, in a folder of its own, in which machines and apps have the identity `worker`. */
export async function startWorld(options: { record?: boolean; wayTo?: EdgeOptions['wayTo'] } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'edge test-'));
  const clock = createClock();
  const killed: string[] = [];
  const faults = createFaults((caller) => Promise.resolve(void killed.push(caller)));
  const recordFile = join(dir, 'record.jsonl');
  const edge = await startEdge({
    clock,
    dir,
    tenantId: TENANT,
    faults,
    principalOf: (_caller, { clientId }) =>
      clientId === undefined || clientId === worker.clientId ? worker : undefined,
    instanceOf: ({ kind }) =>
      kind === 'machine'
        ? {
            compute: { name: 'vm1', tagsList: [{ name: 'a', value: 'b' }] },
            network: { interface: [{ macAddress: '0' }] },
          }
        : undefined,
    ...(options.record ? { record: recordFile } : {}),
    wayTo: options.wayTo,
  });
  const stop = async () => {
    await edge.stop();
    await rm(dir, { recursive: true, force: true });
  };
  const ca = () => readFile(edge.caFile, 'utf8');
  return { clock, faults, killed, edge, ca, recordFile, stop };
}
