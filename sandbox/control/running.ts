import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { birthOf, isAlive } from '../core/alive.ts';

/** A world that runs, as it is written down for the commands of the same user. */
export interface Running {
  pid: number;
  /** Tells the process from a later one of that number. */
  birth: string | null;
  host: string;
  /** The operator's proxy. */
  proxy: string;
  /** Absolute path; null: the world keeps nothing. */
  state: string | null;
  since: string;
  /** Of one in the background. */
  log: string | null;
}

/** Where the worlds of one user are written down, one file each, and the logs of those in the background. */
export interface Register {
  dir: string;
  /** Those whose process lives, oldest first. Files of others are removed. */
  list(): Running[];
  /** Writes this process's world down. */
  add(world: Pick<Running, 'proxy' | 'state' | 'since' | 'log'>): void;
  /** Strikes this process's world off. */
  remove(): void;
}

/**
 * @param parent a folder of this user, or one that all may write to
 * @throws when the register is there and is another user's
 */
export function openRegister(parent = process.env.XDG_RUNTIME_DIR ?? tmpdir()): Register {
  const uid = process.getuid?.() ?? 0;
  const dir = join(parent, `azure-sandbox-${uid}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const facts = lstatSync(dir);
  if (!facts.isDirectory() || facts.uid !== uid) throw new Error(`${dir} belongs to somebody else. Remove it.`);
  const fileOf = (pid: number) => join(dir, `${pid}.json`);

  return {
    dir,
    list() {
      const files = readdirSync(dir).filter((name) => /^\d+\.json$/.test(name));
      const found = files.flatMap((name) => {
        const running = read(join(dir, name));
        if (running && (running.host !== hostname() || isAlive(running.pid, running.birth))) return [running];
        rmSync(join(dir, name), { force: true });
        return [];
      });
      return found.filter(({ host }) => host === hostname()).sort((a, b) => (a.since < b.since ? -1 : 1));
    },
    add(world) {
      const { pid } = process;
      const running: Running = {
        ...world,
        pid,
        birth: birthOf(pid),
        host: hostname(),
      };
      // Under another name first: who reads at this moment must not see half of it.
      writeFileSync(`${fileOf(pid)}.new`, JSON.stringify(running), { mode: 0o600 });
      renameSync(`${fileOf(pid)}.new`, fileOf(pid));
    },
    remove: () => rmSync(fileOf(process.pid), { force: true }),
  };
}

function read(file: string): Running | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Running;
  } catch {
    return undefined;
  }
}
