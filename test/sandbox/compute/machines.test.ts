import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMachines } from '../../../sandbox/compute/machines/machines.ts';
import { createClock } from '../../../sandbox/core/clock.ts';
import type { Machine, Machines } from '../../../sandbox/compute/machines/machines.ts';

const VM = { vmId: '5e0bd0ec-0000-4000-8000-000000000001', resourceId: '/subscriptions/s/vm' };
const MINUTE = 60_000;

let dir: string;
let machines: Machines;
let machine: Machine;
let ports: string[];
const clock = createClock();

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'machines-'));
  ports = [];
  machines = createMachines(
    dir,
    {
      open: async (caller) => {
        ports.push(caller.id);
        return { caller, proxyUrl: 'http://127.0.0.1:9', env: { HTTPS_PROXY: 'http://127.0.0.1:9' } };
      },
      close: async (id) => void ports.splice(ports.indexOf(id), 1),
    },
    clock,
  );
  machine = await machines.boot(VM);
});
afterEach(async () => {
  await machines.stopAll();
  rmSync(dir, { recursive: true });
});

const run = (
  script: string,
  more: { args?: string[]; environment?: Record<string, string>; timeoutMs?: number } = {},
) => machine.run('test', script, { timeoutMs: MINUTE, ...more });

/** Waits for something that a process brings about. */
async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 2000; i += 1) {
    // Asked once a round: a process in the middle of an exec shows no command line for a moment.
    if (what()) return;
    await delay(10);
  }
  expect.fail('it did not happen in twenty seconds');
}

/** Processes whose command line holds a word. */
function processes(word: string): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word) ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}

test('a script runs with bash in the machine, with its environment and nothing of the host', async () => {
  process.env['HOST_SECRET'] = 'no';
  const result = await run(
    'echo "$HOME|$TMPDIR|$1|$GREETING|$HTTPS_PROXY|${HOST_SECRET-none}"; echo oops >&2; exit 3',
    {
      args: ['first'],
      environment: { GREETING: 'hello world' },
    },
  ).done;
  expect(result).toEqual({
    exitCode: 3,
    end: 'exited',
    output: `${machine.folder}/root|${machine.folder}/tmp|first|hello world|http://127.0.0.1:9|none\n`,
    error: 'oops\n',
  });
  expect(ports).toEqual([`vm:${VM.vmId}`]);
});

test('only the last 4 KiB of the output are reported', async () => {
  const { output } = await run('for i in $(seq 2000); do echo "line $i"; done').done;
  expect(output.length).toBe(4096);
  expect(output.endsWith('line 2000\n')).toBe(true);
});

test('a script may remove everything where it runs', async () => {
  for (const script of ['rm -f -- "$PWD"/*; exit 3', 'rm stdout stderr; mkdir stdout; exit 3']) {
    expect(await run(`echo here; ${script}`).done).toEqual({ exitCode: 3, end: 'exited', output: '', error: '' });
  }
});

test('a script whose parameters are too long says so', async () => {
  const result = await run('true', { environment: { LONG: 'x'.repeat(200_000) } }).done;
  expect(result).toMatchObject({ exitCode: 126, error: expect.stringContaining('E2BIG') as string });
});

test('a timeout and a termination end the script and what it started', async () => {
  const slow = run('sleep 4711.25 & sleep 4711.25');
  clock.advance(MINUTE);
  expect((await slow.done).end).toBe('timed-out');
  const second = run('echo here; sleep 4711.25');
  await until(() => processes('4711.25').length > 0);
  expect(second.written().output).toBe('here\n');
  second.end('terminated');
  expect((await second.done).end).toBe('terminated');
  await until(() => processes('4711.25').length === 0);
});

test('systemd-run starts a unit that outlives the script, with the variables of -E only', async () => {
  const result = await run(`
    export A=1 B=2
    systemd-run --unit=probe --collect --no-block -E A --setenv=C='x y' --property=StateDirectory=probe \\
      --property=MemoryMax=1G --working-directory="$HOME" \\
      /bin/bash -c 'echo "$A|\${B-unset}|$C|$PWD|$STATE_DIRECTORY" > "$STATE_DIRECTORY/out"; sleep 4712.5'
    systemctl is-active probe
  `).done;
  expect(result).toMatchObject({ exitCode: 0, output: 'active\n' });
  expect(result.error).toBe('Running as unit: probe.service\n');
  const state = join(machine.folder, 'var/lib/probe');
  await until(() => existsSync(join(state, 'out')) && readFileSync(join(state, 'out'), 'utf8') !== '');
  expect(readFileSync(join(state, 'out'), 'utf8')).toBe(`1|unset|x y|${machine.folder}/root|${state}\n`);
  expect((await run('systemd-run --unit=probe true').done).error).toContain('already loaded');
  expect(await run('systemctl stop probe; systemctl is-active probe').done).toMatchObject({
    exitCode: 3,
    output: 'inactive\n',
  });
  expect(processes('4712.5')).toEqual([]);
});

test('a unit that fails is started again when it asks for that, and its output is logged', async () => {
  await run(`systemd-run --unit=again -p Restart=on-failure -p RestartSec=0.01 /bin/bash -c \\
    'echo try; n=$(cat "$HOME/n" 2>/dev/null || echo 0); echo $((n+1)) > "$HOME/n"; [ $n -ge 2 ]'`).done;
  const state = join(machine.folder, 'run/units/again.service/state');
  await until(() => readFileSync(state, 'utf8') === 'inactive\n');
  expect(readFileSync(join(machine.folder, 'var/log/again.service.log'), 'utf8')).toBe('try\ntry\ntry\n');
  expect((await run('systemd-run --wait -q false').done).exitCode).toBe(1);
  expect((await run('systemd-run -p Nonsense=1 true').done).error).toContain('Unknown assignment');
  expect(await run('systemd-run --unit=x /no/such/program').done).toMatchObject({ exitCode: 1 });
});

test('stopping ends every process, in whatever group or session, and closes the port', async () => {
  await run(`
    setsid sleep 4713.5 &
    nohup bash -c 'trap "" TERM; while :; do sleep 4713.5; done' >/dev/null 2>&1 &
    systemd-run -q sleep 4713.5
  `).done;
  await until(() => processes('4713.5').length >= 3);
  await machines.stop(VM.vmId);
  expect(processes('4713.5')).toEqual([]);
  expect(ports).toEqual([]);
  expect(machines.running(VM.vmId)).toBeUndefined();
  expect(existsSync(machine.folder)).toBe(true);
  await machines.remove(VM.vmId);
  expect(existsSync(machine.folder)).toBe(false);
});

test('no process survives the death of the sandbox itself', async () => {
  const program = join(dir, 'world.ts');
  const source = new URL('../../../sandbox/compute/machines/machines.ts', import.meta.url).pathname;
  const clockSource = new URL('../../../sandbox/core/clock.ts', import.meta.url).pathname;
  writeFileSync(
    program,
    `import { createMachines } from ${JSON.stringify(source)};
     import { createClock } from ${JSON.stringify(clockSource)};
     const machines = createMachines(${JSON.stringify(join(dir, 'other'))}, {
       open: async (caller) => ({ caller, proxyUrl: '', env: {} }), close: async () => {} }, createClock());
     const machine = await machines.boot({ vmId: 'x', resourceId: 'x' });
     await machine.run('r', 'setsid sleep 4714.5 & systemd-run -q sleep 4714.5', { timeoutMs: 60000 }).done;
     console.log('up');
     setInterval(() => {}, 1000);`,
  );
  const world = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve) => world.stdout.once('data', resolve));
    await until(() => processes('4714.5').length >= 2);
  } finally {
    world.kill('SIGKILL');
  }
  await until(() => processes('4714.5').length === 0);
});

test('the curl stand-in fetches and fails as scripts expect', () => {
  const curl = new URL('../../../sandbox/compute/machines/guest-curl.mjs', import.meta.url).pathname;
  const call = (...args: string[]) =>
    execFileSync(process.execPath, [curl, ...args], { encoding: 'utf8', stdio: 'pipe' });
  expect(() => call('--proto', '=https', '-fsSL', 'http://127.0.0.1:9/')).toThrow('Protocol "http" disabled');
  expect(() => call('-fsS', '--retry', '1', '--retry-delay', '0', 'http://127.0.0.1:1/')).toThrow('curl: (7)');
  expect(call('-fsSL', 'data:text/plain,hello')).toBe('hello');
  const options = { encoding: 'utf8', input: 'url = "data:text/plain,configured"\nsilent\n' } as const;
  expect(execFileSync(process.execPath, [curl, '--config', '-', '--fail'], options)).toBe('configured');
});
