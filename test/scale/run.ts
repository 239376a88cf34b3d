import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployAppliance } from '../../demo/deployment.ts';
import type { Check } from '../../demo/leftovers.ts';
import type { SessionView } from '../../model/session.ts';
import { defaultLimits } from '../../sandbox/arm/throttle.ts';
import type { Exchange } from '../../sandbox/edge/record.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { applyScenario, randomBytesOf } from '../../sandbox/scenario/index.ts';
import { count, type Counted } from './count.ts';
import { hostMemory } from './hostMemory.ts';
import { viewHub, type HubView } from './hub.ts';
import { plan, subscriptions, type Plan, type Size } from './plan.ts';
import { watchRates, type Rates } from './rates.ts';
import { remains } from './remains.ts';

const MiB = 2 ** 20;
/** What the guest writes on each disk between the rounds, and where. */
const CHANGED_BYTES = 64 * 1024;
const CHANGED_AT = 3 * MiB;

/** All machines backed up at once. */
export interface Round {
  name: string;
  seconds: number;
  /** In the order of the machines. */
  sessions: SessionView[];
  /** The longest that a session was in a state, milliseconds, as those see it who ask four times a second. */
  states: Record<string, number>;
  counted: Counted;
  rates: Rates;
}

export interface Report {
  plan: Plan;
  rounds: Round[];
  /** The local Azure's own count, over all rounds. */
  peaks: Sandbox['exportPeaks'];
  hub: HubView;
  remains: Check[];
  /** Bytes; undefined where it cannot be told. */
  hostMemory: number | undefined;
}

/**
 * Backs all machines of a world up, all at once: in full, then what has changed.
 * @param size with the file that gets ARM's record, a passing one when absent
 */
export async function runScale(
  { record: kept, ...size }: Size & { record?: string | undefined },
  say: (line: string) => void = () => {},
): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'scale-'));
  const record = kept ?? join(folder, 'record.jsonl');
  const sandbox = await startSandbox({ record, subscriptions });
  try {
    return await work(sandbox, size, record, say);
  } finally {
    await sandbox.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function work(sandbox: Sandbox, size: Size, record: string, say: (line: string) => void): Promise<Report> {
  const planned = plan(size);
  const { machines } = planned;
  const [deployment] = await Promise.all([
    deployAppliance(sandbox, undefined, planned.config),
    applyScenario(sandbox, planned.scenario),
  ]);
  say(`${deployment.resources} resources declared, ${machines.length} machines made`);
  Object.assign(sandbox.settings.compute, {
    exportRate: { bytesPerSecond: size.rate * MiB, requestsPerSecond: 500 },
  });
  for (const [kind, { bucket, perSecond }] of Object.entries(defaultLimits)) {
    const share = size.buckets / 100;
    Object.assign(sandbox.settings.arm.limits, { [kind]: { bucket: bucket * share, perSecond: perSecond * share } });
  }

  const exchanges = async () => {
    const lines = (await readFile(record, 'utf8')).split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Exchange);
  };
  const round = async (name: string): Promise<Round> => {
    const before = (await exchanges()).length;
    const watched = watchRates(sandbox.faults);
    const began = performance.now();
    const states: Record<string, number> = {};
    const sessions = await Promise.all(
      machines.map(async ({ id }) => {
        let last: SessionView | undefined;
        const note = stopwatch(states);
        const ended = deployment.appliance.run('/api/backups', { resourceId: id }, (session) => note((last = session)));
        return ended.catch((error: unknown) => {
          if (last?.state === 'failed') return last;
          throw error;
        });
      }),
    );
    const seconds = (performance.now() - began) / 1000;
    const rates = watched.stop();
    say(`${name}: ${seconds.toFixed(1)} s`);
    return { name, seconds, sessions, states, counted: count(await exchanges(), before), rates };
  };
  const full = await round('full');
  for (const disk of machines.flatMap(({ disks }) => disks)) {
    await sandbox.disks.write(disk, CHANGED_AT, randomBytesOf(disk, 0, CHANGED_BYTES));
  }
  const changes = await round('changes');
  const memory = await hostMemory();
  return {
    plan: planned,
    rounds: [full, changes],
    peaks: sandbox.exportPeaks,
    hub: await viewHub(deployment.app.stateDir),
    remains: await remains(sandbox, deployment, planned, changes.sessions),
    hostMemory: memory,
  };
}

/** Takes the time that a session spends in each state, into the longest of all sessions. */
function stopwatch(longest: Record<string, number>): (session: SessionView) => void {
  let now: string | undefined;
  let since = performance.now();
  return ({ state }) => {
    if (state === now) return;
    const at = performance.now();
    if (now !== undefined) longest[now] = Math.max(longest[now] ?? 0, at - since);
    [now, since] = [state, at];
  };
}
