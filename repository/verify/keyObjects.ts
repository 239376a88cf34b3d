import { isDeepStrictEqual } from 'node:util';
import { writeCheckedText } from '../format/checkedText.ts';
import { configSchema, readConfig } from '../format/config.ts';
import type { Config } from '../format/config.ts';
import { isCode } from '../format/damage.ts';
import { CONFIG, keyNames } from '../format/layout.ts';
import { readKeyDocument } from '../keys/keyDocument.ts';
import type { ObjectStore } from '../ports.ts';
import type { Findings } from './findings.ts';
import type { Problem } from './report.ts';
import { getIfThere } from './texts.ts';

/** Both copies of the key document are whole, this repository's, and the same. */
export async function checkKeys(store: ObjectStore, config: Config, findings: Findings): Promise<void> {
  const copies = await readCopies(store, config);
  for (const { name, data, whole } of copies) {
    if (!data) findings.problem(name, 'is missing');
    else if (!whole) findings.problem(name, 'is altered, truncated, or of another repository');
  }
  const [first, second] = copies;
  if (first?.whole && second?.whole && second.data && !first.data?.equals(second.data)) {
    findings.warning(second.name, `is older than ${first.name}: a change of keys was interrupted`);
  }
}

/** Restores what of the key document is damaged from the other copy, or from the document that the repository was opened with. */
export async function restoreKeys(
  store: ObjectStore,
  config: Config,
  opened: Buffer,
  problems: readonly Problem[],
): Promise<void> {
  const copies = await readCopies(store, config);
  const good = copies.find(({ whole }) => whole)?.data ?? opened;
  for (const { name, etag, whole } of copies) {
    const problem = problems.find(({ object }) => object === name);
    if (whole || !problem) continue;
    await store.put(name, [good], etag === undefined ? { ifAbsent: true } : { ifMatch: etag });
    problem.repaired = 'restored from the other copy';
  }
}

async function readCopies(store: ObjectStore, config: Config) {
  return Promise.all(
    keyNames(config.id).map(async (name) => {
      const found = await getIfThere(store, name);
      const document = found && readKeyDocument(found.data);
      const whole = document !== undefined && isDeepStrictEqual(document.config, config);
      return { name, data: found?.data, etag: found?.info.etag, whole };
    }),
  );
}

/** `strongroom.json` is what the repository was opened with. */
export async function checkConfig(store: ObjectStore, config: Config, findings: Findings): Promise<void> {
  try {
    const found = await readConfig(store);
    if (!isDeepStrictEqual(found, config)) findings.problem(CONFIG, 'is of another repository');
  } catch (error) {
    if (!isCode(error, 'REPOSITORY_DAMAGED') && !isCode(error, 'REPOSITORY_UNKNOWN')) throw error;
    findings.problem(CONFIG, error.message);
  }
}

/** Writes `strongroom.json` as the repository was opened with it. */
export async function restoreConfig(store: ObjectStore, config: Config, problem: Problem): Promise<void> {
  const found = await getIfThere(store, CONFIG);
  const condition = found ? { ifMatch: found.info.etag } : { ifAbsent: true };
  await store.put(CONFIG, [writeCheckedText(configSchema.parse(config))], condition);
  problem.repaired = 'written anew';
}
