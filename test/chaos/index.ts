// npm run test:chaos -- [--seed N] [--orchestrations 600] [--kills 200]
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    orchestrations: { type: 'string', default: '600' },
    kills: { type: 'string', default: '200' },
  },
});
const [seed, orchestrations, kills] = [Number(values.seed), Number(values.orchestrations), Number(values.kills)];
process.stdout.write(`Seed ${seed}: ${orchestrations} orchestrations, ${kills} kills\n`);
const report = await runChaos({ seed, orchestrations, kills });
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
if (report.wrong.length > 0) process.exitCode = 1;
