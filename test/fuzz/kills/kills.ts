import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../chaos/random.ts';
import type { Random } from '../../chaos/random.ts';
import { openFolder, operate } from './operations.ts';
import type { Operation } from './operations.ts';
import { runVictim } from './victim.ts';
import type { Death, Moment } from './victim.ts';
import { World } from './world.ts';
import type { Plan } from './world.ts';

/** What is killed, and how often of ten times. */
const scenes = [
  'backup',
  'backup',
  'backup',
  'prune',
  'prune',
  'repack',
  'repack',
  'both',
  'repair',
  'rotate',
] as const;
type Scene = (typeof scenes)[number];

export interface KillsReport {
  seed: number;
  kills: number;
  seconds: number;
  /** By what was running and what it was about to change when it died: how many kills. */
  fell: Partial<Record<Scene, Record<string, number>>>;
  /** Points restored and compared, over all checks. */
  restored: number;
  wrong: string[];
}

/**
 * Kills processes that work on a repository in a folder, with SIGKILL: half of them at a change of the file system, half
 * after some time. After each kill every point restores, everything verifies, and what was interrupted is done to its end.
 * The seed determines what is done and at which change or after how long it is killed.
 */
export async function runKills({
  seed,
  kills,
  scene,
}: {
  seed: number;
  kills: number;
  scene?: Scene;
}): Promise<KillsReport> {
  const began = performance.now();
  // A process that dies loses nothing that it gave to the kernel, so memory does as well as a disk.
  const files = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'strongroom-kills-'));
  const random = createRandom(seed);
  const report: KillsReport = { seed, kills: 0, seconds: 0, fell: {}, restored: 0, wrong: [] };
  try {
    const world = await World.create(files, random);
    const lives = { ...typicalLives };
    for (let round = 0; report.kills < kills && report.wrong.length === 0; round++) {
      const isFirst = round < 2;
      const now: Scene = isFirst ? 'backup' : (scene ?? (scenes[random.between(0, scenes.length - 1)] as Scene));
      const plan = await planOf[now](world);
      if (random.between(0, 9) < 7) await world.passTime();
      const deaths = await Promise.all(
        plan.operations.map(async (operation, i) => {
          // Who works beside a victim lives, mostly.
          const isSpared = isFirst || (i > 0 && random.between(0, 3) > 0);
          const moment = isSpared ? undefined : momentIn(random, lives[operation.kind]);
          const death = await runVictim(world.folder, world.keys, operation, moment);
          return { operation, death };
        }),
      );
      const died = deaths.filter(({ death }) => death.killed);
      for (const { operation, death } of deaths) {
        if (death.complaint) report.wrong.push(`round ${round}: ${operation.kind}: ${death.complaint}`);
        if (!death.killed) lives[operation.kind] = longer(lives[operation.kind], death);
      }
      for (const { death } of died) {
        report.kills += 1;
        const fell = (report.fell[now] ??= {});
        fell[death.phase] = (fell[death.phase] ?? 0) + 1;
      }
      const check = async (when: string, isDone: boolean) => {
        const wrong = await world.check(plan, isDone);
        report.wrong.push(...wrong.map((what) => `round ${round}, ${when}: ${what}`));
        report.restored += world.points.size;
      };
      await check(`${died.length} killed of ${now}`, died.length === 0);
      if (died.length === 0) continue;
      // What was interrupted comes to its end at the next try.
      await world.passTime();
      for (const { operation } of died) {
        const isCommitted = operation.kind === 'backup' && world.points.has(operation.point);
        if (!isCommitted) await operate(await openFolder(world.folder, world.keys), operation);
      }
      await check(`${now} again`, true);
    }
    report.wrong.push(...(await world.remains()).map((name) => `left at the end: ${name}`));
  } finally {
    await rm(files, { recursive: true, force: true });
  }
  report.seconds = Math.round((performance.now() - began) / 100) / 10;
  return report;
}

const planOf: Record<Scene, (world: World) => Plan | Promise<Plan>> = {
  backup: (world) => world.planBackup(),
  prune: (world) => world.planPrune(),
  repack: (world) => world.planRepack(),
  both: (world) => world.planBoth(),
  repair: (world) => world.planRepair(),
  rotate: (world) => world.planRotation(),
};

/** What an operation takes that is not killed. */
type Life = Pick<Death, 'steps' | 'ms'>;

/** On a machine with nothing else to do; those that were let live tell more. */
const typicalLives: Record<Operation['kind'], Life> = {
  backup: { steps: 60, ms: 100 },
  prune: { steps: 150, ms: 150 },
  repair: { steps: 20, ms: 50 },
  rotate: { steps: 20, ms: 50 },
};

const longer = (a: Life, b: Life): Life => ({ steps: Math.max(a.steps, b.steps), ms: Math.max(a.ms, b.ms) });

/** Somewhere in a life. */
function momentIn(random: Random, { steps, ms }: Life): Moment {
  return random.between(0, 1) === 0
    ? { step: random.between(1, steps) }
    : { afterMs: random.between(0, Math.ceil(ms)) };
}
