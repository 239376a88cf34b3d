import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Sandbox } from '../../../sandbox/index.ts';

/** What a command of azure-cli said. */
export interface Said {
  code: number;
  out: string;
  err: string;
}

/**
 * azure-cli's profiles: sets of API versions. Debian 12's libraries lack the versions that the newest profile has of
 * machines and networks; for these the profile of 2020 is the one that works.
 */
export type Profile = 'latest' | '2020-09-01-hybrid';

/** A person's azure-cli: settings of its own, one command after the other. */
export interface Cli {
  /** Signs in as the person at the terminal, with `az` itself. */
  login(): Promise<Said>;
  run(args: string[]): Promise<Said>;
  close(): void;
}

const AZ = '/usr/bin/az';
const PYTHON = '/usr/bin/python3';
/** The version that the commands and their results are written for: Debian 12's. */
export const VERSION = '2.45.0';

/** Why azure-cli cannot be run here; undefined: it can. */
export async function whyAbsent(): Promise<string | undefined> {
  if (!existsSync(AZ)) return `there is no ${AZ}; Debian 12 has it in its package azure-cli`;
  const asked = promisify(execFile)(PYTHON, ['-c', 'import azure.cli.core as core; print(core.__version__)']);
  const version = await asked.then(
    ({ stdout }) => stdout.trim(),
    () => 'another version',
  );
  return version === VERSION ? undefined : `${AZ} is ${version}, and this test is for ${VERSION}, Debian 12's`;
}

/** azure-cli with a settings folder below the world's. */
export async function openCli(sandbox: Sandbox, name: string, profile: Profile): Promise<Cli> {
  const home = join(sandbox.dir, 'azure-cli', name);
  await mkdir(home, { recursive: true });
  const env = {
    ...sandbox.operator.env,
    PATH: process.env.PATH,
    HOME: home,
    AZURE_CONFIG_DIR: join(home, '.azure'),
    AZURE_CORE_COLLECT_TELEMETRY: 'no',
    AZURE_CORE_ONLY_SHOW_ERRORS: 'yes',
    AZURE_CORE_NO_COLOR: 'yes',
    AZURE_CORE_SURVEY_MESSAGE: 'no',
    AZ_INSTALLER: 'DEB',
  };
  const runner = spawn(PYTHON, [join(import.meta.dirname, 'runner.py')], {
    env,
    cwd: home,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(runner.stdout)[Symbol.asyncIterator]();
  const az = (...args: string[]) =>
    promisify(execFile)(AZ, args, { env, cwd: home }).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
        code,
        out: stdout,
        err: stderr,
      }),
    );
  return {
    async login() {
      await az('cloud', 'set', '--name', 'AzureCloud', '--profile', profile);
      return az('login', '--identity');
    },
    async run(args) {
      runner.stdin.write(`${JSON.stringify(args)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`azure-cli's runner ended at: az ${args.join(' ')}`);
      return JSON.parse(value) as Said;
    },
    close: () => runner.stdin.end(),
  };
}
