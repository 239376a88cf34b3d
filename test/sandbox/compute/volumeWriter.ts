import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { openState } from '../../../sandbox/core/state.ts';
import { createVolumes } from '../../../sandbox/compute/disks/volumes.ts';
import { stepAt, VOLUME_SIZE } from './volumeSteps.ts';

/** `volumeWriter.ts FOLDER SEED FIRST`: carries out steps from FIRST on and says each one's number, until it is killed. */
const [folder, seed, first] = process.argv.slice(2);
const volumes = createVolumes(join(folder!, 'layers'), openState(folder), { now: () => Date.now() });
if (!volumes.has('a')) volumes.create('a', VOLUME_SIZE);

for (let index = Number(first); ; index += 1) {
  const step = stepAt(Number(seed), index);
  if (step.kind === 'delete') volumes.delete(step.key);
  else if (step.kind === 'copy' && volumes.has(step.from)) {
    if (step.from !== step.to) volumes.copy(step.from, step.to);
  } else if (step.kind === 'clear' && volumes.has(step.key)) volumes.clear(step.key, step.offset, step.length);
  else if (step.kind === 'write' && volumes.has(step.key)) {
    await volumes.write(step.key, step.offset, Buffer.alloc(step.length, step.fill));
  }
  writeSync(1, `${index}\n`);
}
