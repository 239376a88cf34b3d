/**
 * The standalone reader: restores disks from a folder copy of a repository, written from docs/format.md alone. One file
 * after the build, for Node.js 20 and later; it shares no code with the product, and needs none of it.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openFolder } from './folder.ts';
import { Images } from './image.ts';
import { readConfig, unlock } from './keys.ts';
import type { Way } from './keys.ts';
import { pointIds, readPoint } from './points.ts';
import type { Disk, Point } from './points.ts';
import { Damage, Problem } from './problem.ts';
import { restore } from './restore.ts';

const HELP = `Restores disks from a folder that holds a copy of a Strongroom repository.
Needs nothing but Node.js 20 or later: no network, no Azure, no other file.

  node strongroom-reader.mjs list FOLDER KEY
  node strongroom-reader.mjs show FOLDER POINT KEY
  node strongroom-reader.mjs restore FOLDER POINT KEY --to FILE

KEY is one of
  --passphrase-file FILE     the repository's passphrase, in one line
  --recovery-key-file FILE   the recovery key (SR1-…), in one line

POINT is an id that "list" shows, or "latest".

restore writes a raw image with holes:
  --disk KEY                 which disk of the point ("show" names them); may be left out when it has one
  --to FILE                  must not exist
  --overwrite                unless this is said
  --skip-damaged             go on where a block is damaged, leave zeros there, and say where

Exit codes: 0 done, 1 not done, 2 wrong use, 3 done, but some blocks were damaged.
`;

const options = {
  'passphrase-file': { type: 'string' },
  'recovery-key-file': { type: 'string' },
  disk: { type: 'string' },
  to: { type: 'string' },
  overwrite: { type: 'boolean', default: false },
  'skip-damaged': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The command line is wrong. */
class Misuse extends Error {}

function main(args: string[]): number {
  const { values, positionals } = parsed(args);
  const [command, path, point] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const wanted = { list: 2, show: 3, restore: 3 }[command];
  if (wanted === undefined) throw new Misuse(`There is no command ${command}.`);
  if (positionals.length !== wanted || path === undefined) throw new Misuse(`${command} takes ${wanted - 1} names.`);

  const way = wayOf(values['passphrase-file'], values['recovery-key-file']);
  const folder = openFolder(path);
  const config = readConfig(folder);
  const keys = unlock(folder, config, way);
  if (command === 'list') return list(pointIds(folder), (id) => readPoint(folder, keys, id));

  const id = point === 'latest' ? (pointIds(folder).at(-1) ?? point) : (point ?? '');
  const found = readPoint(folder, keys, id);
  if (command === 'show') {
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    return 0;
  }
  if (values.to === undefined) throw new Misuse('restore needs --to FILE.');
  const disk = diskOf(found, values.disk);
  const { overwrite, 'skip-damaged': skipDamaged } = values;
  const progress = progressOf(disk.size);
  const lost = restore(new Images(folder, config, keys), disk, values.to, { overwrite, skipDamaged, progress });
  for (const { offset, length, damage } of lost) {
    process.stderr.write(`Zeros instead of ${length} bytes at ${offset}: ${damage.message}\n`);
  }
  process.stdout.write(`${values.to}: disk ${disk.key} of ${id}, ${disk.size} bytes.\n`);
  return lost.length > 0 ? 3 : 0;
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Misuse((error as Error).message);
  }
}

function wayOf(passphraseFile: string | undefined, recoveryKeyFile: string | undefined): Way {
  if (passphraseFile !== undefined && recoveryKeyFile === undefined) {
    return { kind: 'passphrase', passphrase: readLine(passphraseFile) };
  }
  if (recoveryKeyFile !== undefined && passphraseFile === undefined) {
    return { kind: 'recovery', key: readLine(recoveryKeyFile) };
  }
  throw new Misuse('Give the key: --passphrase-file FILE or --recovery-key-file FILE.');
}

function readLine(file: string): string {
  const line = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  if (line === '' || /[\r\n]/.test(line)) throw new Problem(`${file} has to hold one line, with the key.`);
  return line;
}

/** One line a point; those that are damaged are said to be. */
function list(ids: readonly string[], read: (id: string) => Point): number {
  let damaged = 0;
  for (const id of ids) {
    try {
      const { time, source, disks } = read(id);
      const sizes = disks.map(({ key, size }) => `${key} ${size}`).join(', ');
      process.stdout.write(`${id}  ${time}  ${source.name}  ${sizes}\n`);
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      damaged++;
      process.stdout.write(`${id}  damaged: ${error.message}\n`);
    }
  }
  return damaged > 0 ? 3 : 0;
}

function diskOf({ id, disks }: Point, key: string | undefined): Disk {
  const disk = key === undefined && disks.length === 1 ? disks[0] : disks.find((each) => each.key === key);
  if (disk) return disk;
  const names = disks.map((each) => each.key).join(', ');
  throw new Misuse(`${key === undefined ? 'Which disk' : `No disk ${key}`}? ${id} has ${names}: say --disk.`);
}

/** Tells a person at a terminal how far it is. */
function progressOf(size: number): (done: number) => void {
  if (!process.stderr.isTTY) return () => undefined;
  let shown = -1;
  return (done) => {
    const percent = Math.floor((done / size) * 100);
    if (percent !== shown) process.stderr.write(`\r${percent} %\r`);
    shown = percent;
  };
}

// `list … | head`: nobody reads on.
process.stdout.on('error', () => process.exit(141));
try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  const misuse = error instanceof Misuse;
  const expected = misuse || error instanceof Problem || 'code' in (error as object);
  const { message, stack } = error as Error;
  process.stderr.write(`strongroom-reader: ${expected ? message : stack}\n${misuse ? 'See --help.\n' : ''}`);
  process.exitCode = misuse ? 2 : 1;
}
