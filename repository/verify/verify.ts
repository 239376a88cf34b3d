import { randomBytes } from 'node:crypto';
import { readConfig } from '../format/config.ts';
import type { Config } from '../format/config.ts';
import { orderedMap } from '../flow.ts';
import { isCode } from '../format/damage.ts';
import { CONFIG, packName } from '../format/layout.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import { Forwards } from '../read/forwards.ts';
import { MapReader } from '../read/mapReader.ts';
import { affectedBy } from './affected.ts';
import type { DiskImage } from './affected.ts';
import { BadPacks } from './badPacks.ts';
import { findCopies } from './copies.ts';
import { Directories, Directory } from './directories.ts';
import { checkConfig, checkKeys, restoreConfig, restoreKeys } from './keyObjects.ts';
import { Parts } from './parts.ts';
import { readPacks } from './reading.ts';
import type { Reading } from './reading.ts';
import { referenceKey, References } from './references.ts';
import { repairIndex, writeForwards } from './repair.ts';
import type { VerifyOptions, VerifyReport, WithoutKeyOptions } from './report.ts';
import { beginRun, orCancelled } from './run.ts';
import type { Run } from './run.ts';
import { checkForwards, checkIndex, checkPoints, checkSums } from './sealed.ts';
import { checkTexts } from './texts.ts';

/** Directories that are read at once, where not every page names its own. */
const DIRECTORIES_AHEAD = 16;

export interface VerifyContext {
  store: ObjectStore;
  config: Config;
  secrets: Secrets;
  /** The key document as it was opened: what damaged copies are restored from. */
  document(): Buffer;
  random(bytes: number): Buffer;
}

/**
 * Looks at every object of a repository and follows every reference of every point. What is wrong is in the report.
 * @throws CANCELLED, and what the store throws but for what is missing
 */
export function verifyRepository(context: VerifyContext, options: VerifyOptions): Promise<VerifyReport> {
  return orCancelled(options.signal, async () => {
    const { config, secrets, random } = context;
    const run = await beginRun(context.store, config.id, options);
    const { store, findings, inventory, signal } = run;
    await checkConfig(store, config, findings);
    await checkKeys(store, config, findings);
    const marks = await checkTexts(run, config.id);
    const { points, images } = await checkPoints(run, secrets, config);
    await checkForwards(run, secrets);
    await checkIndex(run, secrets);

    const keys = { secrets, blockSize: config.blockSize, fanOut: config.fanOut };
    const reading = await readPacks(run, { config, keys, random });
    const directories = new Directories(store, secrets, inventory.packs);
    const parts = new Parts(store, secrets, config, directories);
    const whole = new Set(reading.whole.map(({ kind, pack }) => packName(kind, pack)));
    const bad = new BadPacks(marks, whole, parts, findings);
    for (const { age, check } of reading.bad) bad.found(age.kind, age.pack, check.problem ?? '', check.bad);
    await checkDirectories(run, directories, bad, reading);

    const graph = { config, secrets, directories, parts };
    let followed = await followAll(run, graph, images);
    let copies = await findCopies(followed.references.broken, { inventory, directories, parts }, signal);
    noteLost(followed, bad);
    if (options.repair) {
      const repairContext = { store, secrets, random };
      const written = new Set<string>();
      // A page that is readable again may lead to more that is broken.
      while ([...copies.keys()].some((key) => !written.has(key))) {
        await writeForwards(repairContext, followed.references.broken, copies);
        for (const key of copies.keys()) written.add(key);
        followed = await followAll(run, graph, images);
        noteLost(followed, bad);
        copies = await findCopies(followed.references.broken, { inventory, directories, parts }, signal);
      }
    }
    const elsewhere = await nameAffected(run, followed, images, new Set(copies.keys()));
    if (options.repair) {
      await bad.write(store, config.id, new Date(reading.now).toISOString());
      await repairIndex({ store, secrets, random }, findings, signal);
      await restoreKeys(store, config, context.document(), findings.problems);
      const problem = findings.problems.find(({ object }) => object === CONFIG);
      if (problem) await restoreConfig(store, config, problem);
    }
    // What was set aside and costs no point anything is no problem any more, nor is a forward that nothing needs.
    for (const name of [...bad.aside(), ...inventory.names.moved]) if (!elsewhere.has(name)) findings.soften(name);
    return { ...report(run, reading, points), withKey: true, unreferenced: unreferenced(run, followed.references) };
  });
}

/**
 * What can be checked without a key: names, sizes, checksums.
 * @throws REPOSITORY_UNKNOWN, REPOSITORY_DAMAGED (the configuration itself), CANCELLED
 */
export function verifyWithoutKey(
  store: ObjectStore,
  options: WithoutKeyOptions = {},
  { random = randomBytes }: { random?(bytes: number): Buffer } = {},
): Promise<VerifyReport> {
  return orCancelled(options.signal, async () => {
    const config = await readConfig(store);
    const run = await beginRun(store, config.id, options);
    const { findings, inventory } = run;
    await checkKeys(run.store, config, findings);
    const marks = await checkTexts(run, config.id);
    await checkSums(run);
    const reading = await readPacks(run, { config, keys: undefined, random });
    for (const { age, check } of reading.bad) findings.problem(packName(age.kind, age.pack), check.problem ?? '');
    for (const { kind, pack, found } of marks)
      findings.warning(packName(kind, pack), `was set aside as bad on ${found}`);
    return { ...report(run, reading, inventory.names.points.length), withKey: false };
  });
}

/** The directories of all packs that were not read in full. */
async function checkDirectories(
  { inventory, tick, signal }: Run,
  directories: Directories,
  bad: BadPacks,
  { whole, bad: found }: Reading,
): Promise<void> {
  const read = new Set([...whole, ...found.map(({ age }) => age)].map(({ kind, pack }) => packName(kind, pack)));
  for (const kind of ['data', 'maps'] as const) {
    const packs = [...inventory.packs[kind].keys()].filter((pack) => !read.has(packName(kind, pack)));
    const checked = orderedMap(
      packs,
      DIRECTORIES_AHEAD,
      async (pack, inner) => ({ pack, directory: await directories.get(kind, pack, inner) }),
      signal,
    );
    for await (const { pack, directory } of checked) {
      tick();
      // One that went meanwhile matters only if something refers to it.
      if (directory === undefined || directory instanceof Directory) continue;
      bad.found(kind, pack, directory.details['why'] ?? directory.message);
    }
  }
}

interface Followed {
  references: References;
  maps: MapReader;
}

/** Follows all references, by what the store has now. */
async function followAll(
  { store, options, signal }: Run,
  graph: { config: Config; secrets: Secrets; directories: Directories; parts: Parts },
  images: readonly DiskImage[],
): Promise<Followed> {
  const forwards = new Forwards(store, graph.secrets);
  const maps = new MapReader(store, graph.secrets, graph.config.fanOut, forwards);
  let done = 0;
  const onPage = () => options.onProgress?.({ phase: 'references', done: ++done });
  const references = new References({ ...graph, maps, forwards }, onPage);
  for (const { root, geometry } of images) await references.follow(root, geometry, signal);
  return { references, maps };
}

/** Live parts that cannot be read are noted with their packs, so that repair sets these aside. */
function noteLost({ references }: Followed, bad: BadPacks): void {
  for (const { kind, at, error } of references.broken.values()) bad.lost(kind, at, isCode(error.cause, 'NOT_FOUND'));
}

/**
 * @param spared keys of broken references whose content exists elsewhere
 * @returns the objects whose place there is not written yet
 */
async function nameAffected(
  { findings }: Run,
  { references, maps }: Followed,
  images: readonly DiskImage[],
  spared: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const elsewhere = new Map<string, number>();
  for (const { kind, ref, error } of references.broken.values()) {
    const { object } = findings.broken(packName(kind, ref.pack), error);
    if (spared.has(referenceKey(kind, ref))) elsewhere.set(object, (elsewhere.get(object) ?? 0) + 1);
  }
  for (const [object, count] of elsewhere) {
    findings.problem(object, '').what += `; ${count} live parts of it exist elsewhere too: repair writes where`;
  }
  for (const image of images) {
    for (const [object, disk] of await affectedBy(image, { maps, references, spared })) {
      findings.problem(object, 'cannot be read').affected.push(disk);
    }
  }
  return elsewhere;
}

function unreferenced({ inventory }: Run, { live }: References): { packs: number; bytes: number } {
  const result = { packs: 0, bytes: 0 };
  for (const kind of ['data', 'maps'] as const) {
    for (const [pack, { size }] of inventory.packs[kind]) {
      if (live.has(packName(kind, pack))) continue;
      result.packs++;
      result.bytes += size;
    }
  }
  return result;
}

function report({ inventory, findings, bytes }: Run, reading: Reading, points: number): Omit<VerifyReport, 'withKey'> {
  const { problems, warnings } = findings;
  const { coverage, remembered, whole, bad } = reading;
  const packsRead = whole.length + bad.length;
  return { objects: inventory.objects, bytes: bytes(), packsRead, points, problems, warnings, coverage, remembered };
}
