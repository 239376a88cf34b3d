import { setTimeout as delay } from 'node:timers/promises';
import { leftovers } from '../../demo/leftovers.ts';
import { startWorld, type World } from '../../demo/world.ts';
import type { Problem } from '../../model/api.ts';
import { isTerminal, type SessionView } from '../../model/session.ts';
import type { ArmResource } from '../../sandbox/arm/types.ts';

const MiB = 1024 * 1024;
const GRANULE_MS = 200;

/** An environment with a machine of one small disk, and what takes things away from it as an operator would. */
export interface FaultWorld extends World {
  /** As the operator, waited for to its end. */
  arm(method: string, id: string, apiVersion: string, body?: unknown): Promise<unknown>;
  /** The one resource of a type whose id fits. @throws when there is none or more than one */
  one(type: string, id: RegExp): ArmResource;
  /** Runs a backup; `haste`: by how much the clock moves at each look at a session in that state. */
  backUp(haste?: number): Promise<Ended>;
  /** What sessions left behind; empty is how it should be. */
  left(newest: string): Promise<string[]>;
}

/** How a backup ended; `refused` at once by the API, or as the session says. */
export type Ended = Pick<SessionView, 'id' | 'state' | 'notes' | 'warnings'> & {
  error?: { code: string; message: string };
};

export async function startFaultWorld(): Promise<FaultWorld> {
  const world = await startWorld({ data: [MiB, MiB, MiB] });
  const { appliance, machine, sandbox } = world;
  const { store } = sandbox.world;
  // More backups than Azure would let one disk have in so short a time.
  sandbox.settings.compute.snapshotsPerFiveMinutes = 1000;
  const arm: FaultWorld['arm'] = (method, id, version, body) =>
    sandbox.client.arm(method, `${id}?api-version=${version}`, body);
  const { properties, location } = store.require(machine.id);
  const storageProfile = { ...(properties!.storageProfile as object), dataDisks: [] };
  await arm('PUT', machine.id, '2025-04-01', { location, properties: { ...properties, storageProfile } });
  const small = { ...world, machine: { ...machine, disks: machine.disks.slice(0, 1) } };
  return {
    ...small,
    arm,
    one(type, pattern) {
      const found = store.list({ type }).filter(({ id }) => pattern.test(id));
      if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} fit ${String(pattern)}.`);
      return found[0]!;
    },
    async backUp(haste = 1000) {
      const reply = await appliance.call('POST', '/api/backups', { resourceId: machine.id });
      if (reply.status !== 202) {
        const { code, detail } = reply.body as Problem;
        return { id: '', state: 'failed', error: { code, message: detail } };
      }
      const path = new URL(reply.headers.location!, world.apiUrl).pathname;
      for (;;) {
        const session = (await appliance.call('GET', path)).body as SessionView;
        if (isTerminal(session.state)) return session;
        sandbox.clock.advance(haste);
        await delay(GRANULE_MS);
      }
    },
    left: async (newest) =>
      (await leftovers(small, newest)).filter(({ ok }) => !ok).map(({ name, found }) => `${name}: ${found}`),
  };
}
