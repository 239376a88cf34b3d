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
  const files = await mkdtemp(join(tmpdir(), 'strongroom-kills-'));
  const random = createRandom(seed);
  const report: KillsReport = { seed, kills: 0, seconds: 0, fell: {}, restored: 0, wrong: [] };
  try {
    const world = await World.create(files, random);
    // How long the last of each kind took that was let live.
    const lives = new Map<string, Death>();
    for (let round = 0; report.kills < kills && report.wrong.length === 0; round++) {
      const now: Scene = round < 2 ? 'backup' : (scene ?? (scenes[random.between(0, scenes.length - 1)] as Scene));
      const made = new Map<string, { source: number; image: Buffer }>();
      const operations = await planScene(now, world, made);
      if (random.between(0, 9) < 7) await world.passTime();
      const deaths = await Promise.all(
        operations.map(async (operation, i) => {
          // Beside another one dies, mostly.
          const spared = round < 2 || (i > 0 && random.between(0, 3) > 0);
          const moment = spared ? undefined : momentIn(random, lives.get(operation.kind));
          return { operation, death: await runVictim(world.folder, world.keys, operation, moment) };
        }),
      );
      const deleted = operations.flatMap((operation) => (operation.kind === 'prune' ? operation.deletePoints : []));
      for (const { operation, death } of deaths) {
        if (!death.killed) lives.set(operation.kind, death);
        else {
          report.kills += 1;
          const fell = (report.fell[now] ??= {});
          fell[death.phase] = (fell[death.phase] ?? 0) + 1;
        }
        if (death.complaint) report.wrong.push(`round ${round}: ${operation.kind} beside a kill: ${death.complaint}`);
      }
      const wrong = await world.check(made, deleted);
      report.wrong.push(...wrong.map((what) => `round ${round}, after a kill of ${now}: ${what}`));
      report.restored += world.points.size;
      // What was interrupted comes to its end at the next try.
      await world.passTime();
      for (const { operation, death } of deaths) {
        const isDone = operation.kind === 'backup' && world.points.has(operation.point);
        if (death.killed && !isDone) await operate(await openFolder(world.folder, world.keys), operation);
      }
      report.wrong.push(
        ...(await world.check(made, deleted)).map((what) => `round ${round}, after ${now} again: ${what}`),
      );
      report.restored += world.points.size;
    }
    report.wrong.push(...(await world.remains()).map((name) => `left at the end: ${name}`));
  } finally {
    await rm(files, { recursive: true, force: true });
  }
  report.seconds = Math.round((performance.now() - began) / 100) / 10;
  return report;
}

async function planScene(
  scene: Scene,
  world: World,
  made: Map<string, { source: number; image: Buffer }>,
): Promise<Operation[]> {
  const backUp = async () => {
    const planned = await world.planBackup();
    for (const [id, point] of planned.made) made.set(id, point);
    return planned.operation;
  };
  switch (scene) {
    case 'backup':
      return [await backUp()];
    case 'prune':
      return [world.planPrune()];
    case 'repack':
      return [world.planRepack()];
    case 'both':
      return [world.planPrune(), await backUp()];
    case 'repair':
      return [await world.planRepair()];
    case 'rotate':
      return [world.planRotation()];
  }
}

/** Somewhere in the life of what lived before. */
function momentIn(random: Random, { steps, ms }: Pick<Death, 'steps' | 'ms'> = { steps: 20, ms: 100 }): Moment {
  return random.between(0, 1) === 0
    ? { step: random.between(1, steps) }
    : { afterMs: random.between(0, Math.ceil(ms)) };
}
