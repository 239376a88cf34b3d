import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { main } from '../../cli/main.ts';
import type { Io } from '../../cli/io/io.ts';

export interface Ran {
  code: number;
  stdout: Buffer;
  /** Standard output and error as text. */
  text: string;
  error: string;
  /** Standard output as the objects of `--json`. */
  events: Record<string, unknown>[];
}

export interface World {
  folder: string;
  path(name: string): string;
  /** Runs the command line in this process, in that folder's repository `repo` with its recovery key. */
  run(args: readonly string[], given?: Partial<Io> & { input?: Buffer }): Promise<Ran>;
  /** The same without a key. */
  runBare(args: readonly string[]): Promise<Ran>;
  remove(): Promise<void>;
}

/** A folder with a repository that the command line made. Opened with the recovery key, because a passphrase is slow. */
export async function makeWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-cli-'));
  const path = (name: string) => join(folder, name);
  let clock = Date.parse('2026-05-01T10:00:00.000Z');
  const run = async (args: readonly string[], given: Partial<Io> & { input?: Buffer } = {}): Promise<Ran> => {
    const stdout = collector();
    const stderr = collector();
    clock += 60_000;
    const began = clock;
    const code = await main(args, {
      stdin: Readable.from(given.input ? [given.input] : []),
      stdout: stdout.stream,
      stderr: stderr.stream,
      env: { STRONGROOM_REPO: path('repo') },
      now: () => began,
      random: randomBytes,
      signal: new AbortController().signal,
      ...given,
    });
    const text = stdout.bytes().toString();
    return {
      code,
      stdout: stdout.bytes(),
      text,
      error: stderr.bytes().toString(),
      get events() {
        return text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Record<string, unknown>);
      },
    };
  };
  await writeFile(path('pass'), 'correct horse battery staple\n');
  const made = await run(['repo', 'init', '--passphrase-file', path('pass'), '--recovery-key-file', path('key')]);
  if (made.code !== 0) throw new Error(made.error);
  return {
    folder,
    path,
    runBare: (args) => run(args),
    run: (args, given) => run([...args, '--recovery-key-file', path('key')], given),
    remove: () => rm(folder, { recursive: true }),
  };
}

/** Bytes that nothing shortens, the same for the same seed. */
export function noise(bytes: number, seed: string): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i * 64 < bytes; i++) parts.push(createHash('sha512').update(`${seed} ${i}`).digest());
  return Buffer.concat(parts).subarray(0, bytes);
}

/** Text with what differs from run to run taken out. */
export const steady = (text: string, { folder }: World): string =>
  text.replaceAll(folder, '…').replace(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, (id) => `${id.slice(0, 17)}xxxxxxxx`);

function collector(): { stream: Writable; bytes(): Buffer } {
  const parts: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, bytes: () => Buffer.concat(parts) };
}
