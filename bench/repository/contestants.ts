import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Extent } from '../../repository/index.ts';
import type { Command } from './measured.ts';
import { Refusal } from './refusal.ts';

/** A command to be measured, or what has to happen in between and is not. */
export type Step = Command | (() => void);

/** What is measured: a program and where it stores. */
export interface Program {
  name: string;
  version: string;
  /** What it is run with, as a person would type it. */
  options: string;
  /** Where its bytes are. */
  repository: string;
  /** Makes the repository; not measured. */
  create(): void;
  /** Tells what is in the repository; not measured: the program and its keys are in memory afterwards. */
  list(): void;
  /** @param changed what changed since the last backup, for those that can be told */
  backup(image: string, changed?: readonly Extent[]): Step[];
}

export interface Contestant extends Program {
  /** Restores the newest backup. @returns where the image will be */
  restore(folder: string, image: string): { steps: Step[]; restored: string };
  /** Reads and checks everything that is stored. */
  verify(): Step[];
  /** Deletes all backups but the newest. */
  prune(): Step[];
}

const PASSPHRASE = 'correct horse battery staple';
const DAY_MS = 24 * 3_600_000;
const STRONGROOM = fileURLToPath(new URL('../../dist/cli/strongroom.mjs', import.meta.url));

/** @throws Refusal naming what to install */
export function contestants(folder: string): {
  strongroom: Contestant;
  restic: Contestant;
  borg: Contestant;
  zstd: Program;
} {
  const missing = Object.entries({ restic: 'restic', borg: 'borgbackup', zstd: 'zstd', 'mkfs.ext4': 'e2fsprogs' })
    .filter(([program]) => !isThere(program))
    .map(([, name]) => name);
  if (missing.length > 0) throw new Refusal(`To compare, this needs: apt-get install ${missing.join(' ')}`);
  return {
    strongroom: strongroom(join(folder, 'strongroom')),
    restic: restic(join(folder, 'restic')),
    borg: borg(join(folder, 'borg')),
    zstd: zstd(join(folder, 'zstd')),
  };
}

function strongroom(folder: string): Contestant {
  const repository = join(folder, 'repository');
  const [key, ranges] = [join(folder, 'key'), join(folder, 'ranges.json')];
  const command = (...args: string[]): Command => ({
    program: process.execPath,
    args: [STRONGROOM, 'repo', ...args, '--repo', repository, '--recovery-key-file', key],
  });
  return {
    name: 'strongroom',
    version: process.version,
    options: 'strongroom repo, a folder, its random key in a file, defaults',
    repository,
    create() {
      mkdirSync(folder);
      const passphrase = join(folder, 'passphrase');
      writeFileSync(passphrase, PASSPHRASE);
      const keys = ['--passphrase-file', passphrase, '--recovery-key-file', key];
      execFileSync(process.execPath, [STRONGROOM, 'repo', 'init', repository, ...keys]);
    },
    list: () => run(command('points')),
    backup(image, changed) {
      if (!changed) return [command('backup', image, '--source', 'image')];
      writeFileSync(ranges, JSON.stringify(changed));
      return [command('backup', image, '--source', 'image', '--changed-ranges', ranges)];
    },
    restore(target) {
      const restored = join(target, 'restored');
      return { steps: [command('restore', 'latest', '--to', restored)], restored };
    },
    verify: () => [command('verify', '--read-data')],
    // What is unneeded is marked, and deleted a day later at the earliest: a day passes between the two runs.
    prune: () => [
      command('prune', '--keep-last', '1'),
      () => ageFolders(repository, DAY_MS + 60_000),
      command('prune', '--keep-last', '1'),
    ],
  };
}

const run = ({ program, args, env }: Command): void =>
  void execFileSync(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' });

/** Lets time pass for a repository in a folder, where an object's time is its file's. */
function ageFolders(repository: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  for (const folder of ['marks', 'writers']) {
    for (const name of readdirSync(join(repository, folder))) utimesSync(join(repository, folder, name), then, then);
  }
}

function restic(folder: string): Contestant {
  const repository = join(folder, 'repository');
  const env = {
    RESTIC_REPOSITORY: repository,
    RESTIC_PASSWORD: PASSPHRASE,
    RESTIC_CACHE_DIR: join(folder, 'cache'),
  };
  const command = (...args: string[]): Command => ({ program: 'restic', args: ['--quiet', ...args], env });
  return {
    name: 'restic',
    version: versionOf('restic', 'version'),
    options: 'defaults (with its cache)',
    repository,
    create() {
      mkdirSync(folder);
      execFileSync('restic', ['init', '--quiet'], { env: { ...process.env, ...env } });
    },
    list: () => run(command('snapshots')),
    backup: (image) => [command('backup', image)],
    restore: (target, image) => ({
      steps: [command('restore', 'latest', '--target', target)],
      restored: join(target, image),
    }),
    verify: () => [command('check', '--read-data')],
    prune: () => [command('forget', '--keep-last', '1', '--prune')],
  };
}

function borg(folder: string): Contestant {
  const repository = join(folder, 'repository');
  const env = { BORG_REPO: repository, BORG_PASSPHRASE: PASSPHRASE, BORG_BASE_DIR: folder };
  const command = (...args: string[]): Command => ({ program: 'borg', args, env });
  let backups = 0;
  return {
    name: 'borg',
    version: versionOf('borg', '--version'),
    options: 'init --encryption repokey, else defaults',
    repository,
    create() {
      mkdirSync(folder);
      execFileSync('borg', ['init', '--encryption', 'repokey'], { env: { ...process.env, ...env }, stdio: 'ignore' });
    },
    list: () => run(command('list')),
    backup: (image) => [command('create', `::${++backups}`, image)],
    restore: (target, image) => ({
      steps: [{ ...command('extract', `::${backups}`), cwd: target }],
      restored: join(target, image),
    }),
    verify: () => [command('check', '--verify-data')],
    prune: () => [command('prune', '--keep-last', '1'), command('compact')],
  };
}

/** The floor: compresses only; neither hashes nor encrypts nor deduplicates. */
function zstd(folder: string): Program {
  return {
    name: 'zstd',
    version: versionOf('zstd', '--version'),
    options: '-1 -T2',
    repository: folder,
    create: () => mkdirSync(folder),
    list: () => run({ program: 'zstd', args: ['--version'] }),
    backup: (image) => [{ program: 'zstd', args: ['-1', '-T2', '-q', '-f', image, '-o', join(folder, 'image.zst')] }],
  };
}

function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const versionOf = (program: string, argument: string): string =>
  /\d+\.\d+(\.\d+)?/.exec(execFileSync(program, [argument], { encoding: 'utf8' }))?.[0] ?? '';
