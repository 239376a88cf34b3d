import type { Point } from '../../model/point.ts';
import { orderedMap } from '../flow.ts';
import type { Config } from '../format/config.ts';
import { isCode } from '../format/damage.ts';
import { readForward } from '../format/forward.ts';
import { readIndexDirectories } from '../format/indexObject.ts';
import { packName } from '../format/layout.ts';
import { readPoint } from '../format/points.ts';
import { readClearPart } from '../format/sealedObject.ts';
import type { SealedKind } from '../format/sealedObject.ts';
import type { Secrets } from '../format/secrets.ts';
import { parseImage } from '../read/image.ts';
import type { DiskImage } from './affected.ts';
import type { Run } from './run.ts';
import { getIfThere } from './texts.ts';

const AHEAD = 8;

/** Runs for each of the names; tells what is damaged, or of a newer version. */
async function forEach(
  { findings, tick, signal }: Run,
  names: readonly string[],
  work: (name: string, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const done = orderedMap(
    names,
    AHEAD,
    async (name, inner) => {
      try {
        await work(name, inner);
      } catch (error) {
        if (isCode(error, 'NOT_FOUND')) return; // It went after it was listed.
        if (!isCode(error, 'REPOSITORY_DAMAGED') && !isCode(error, 'REPOSITORY_UNKNOWN')) throw error;
        findings.broken(name, error);
      }
    },
    signal,
  );
  for await (const _ of done) tick();
}

/** Reads all points. @returns their images, and how many points there are */
export async function checkPoints(
  run: Run,
  secrets: Secrets,
  config: Config,
): Promise<{ points: number; images: DiskImage[] }> {
  const found: Point[] = [];
  const { names } = run.inventory;
  await forEach(run, names.points, async (name) => {
    found.push(await readPoint(run.store, secrets, name.slice('points/'.length)));
  });
  for (const name of names.points) {
    const problem = run.findings.problems.find(({ object }) => object === name);
    problem?.affected.push({ point: name.slice('points/'.length), bytes: 0, ranges: [], rangeCount: 0 });
  }
  found.sort((a, b) => (a.id < b.id ? -1 : 1));
  const images = found.flatMap(({ id, disks }) =>
    disks.flatMap(({ key, image }) => {
      try {
        return [{ point: id, disk: key, ...parseImage(image, config) }];
      } catch (error) {
        if (!isCode(error, 'INVALID_INPUT')) throw error;
        run.findings.problem(`points/${id}`, error.message).affected.push({
          point: id,
          disk: key,
          bytes: image.size,
          ranges: [{ offset: 0, length: image.size }],
          rangeCount: 1,
        });
        return [];
      }
    }),
  );
  return { points: names.points.length, images };
}

/** Index objects can be read, and the packs that they list are there with that size. Damage costs deduplication only. */
export async function checkIndex(run: Run, secrets: Secrets): Promise<void> {
  const { store, inventory, findings } = run;
  const unlisted = new Set(inventory.packs.data.keys());
  const damagedObjects = new Set<string>();
  await forEach(run, inventory.names.index, async (name, signal) => {
    const { data } = await store.get(name, undefined, signal);
    try {
      for (const { pack, size } of readIndexDirectories(secrets, name, data)) {
        const found = inventory.packs.data.get(pack);
        if (!found)
          findings.warning(name, `lists ${packName('data', pack)}, which is not there: its blocks are not used again`);
        else if (found.size !== size)
          findings.warning(
            name,
            `lists ${packName('data', pack)} with ${size} bytes, not ${found.size}: its blocks are not used again`,
          );
        else unlisted.delete(pack);
      }
    } catch (error) {
      if (!isCode(error, 'REPOSITORY_DAMAGED')) throw error;
      damagedObjects.add(name);
      findings.warning(
        name,
        'is altered or truncated: its blocks are not found for deduplication until repair lists them anew',
      );
    }
  });
  for (const pack of unlisted)
    findings.warning(
      packName('data', pack),
      'is in no index object: its blocks are not used again until repair lists it',
    );
}

/** Forwards can be read. What needs a damaged one is found when references are followed. */
export function checkForwards(run: Run, secrets: Secrets): Promise<void> {
  return forEach(run, run.inventory.names.moved, async (name, signal) => {
    const { data } = await run.store.get(name, undefined, signal);
    readForward(secrets, name, data);
  });
}

/** Without a key: the checksums of all sealed objects. */
export async function checkSums(run: Run): Promise<void> {
  const { names } = run.inventory;
  const kinds: [SealedKind, readonly string[]][] = [
    ['point', names.points],
    ['index', names.index],
    ['forward', names.moved],
  ];
  for (const [kind, those] of kinds) {
    await forEach(run, those, async (name, signal) => {
      const found = await getIfThere(run.store, name, signal);
      if (found) readClearPart(kind, name, found.data);
    });
  }
}
