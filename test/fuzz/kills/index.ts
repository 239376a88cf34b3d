// node test/fuzz/kills/index.ts [--seed N] [--kills 200] [--scene backup|prune|repack|both|repair|rotate]
import { parseArgs } from 'node:util';
import { runKills } from './kills.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    kills: { type: 'string', default: '200' },
    scene: { type: 'string' },
  },
});
const [seed, kills] = [Number(values.seed), Number(values.kills)];
process.stdout.write(`Seed ${seed}: ${kills} kills\n`);
const scene = values.scene as Parameters<typeof runKills>[0]['scene'];
const report = await runKills({ seed, kills, ...(scene ? { scene } : {}) });
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
if (report.wrong.length > 0) process.exitCode = 1;
