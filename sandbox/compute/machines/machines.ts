import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alarm } from '../../core/alarm.ts';
import type { Caller, CallerPort, Clock } from '../../core/types.ts';
import { execute } from './execution.ts';
import type { Execution } from './execution.ts';

/** What machines need of the edge: a port for each that runs. */
export interface CallerPorts {
  open(caller: Caller): Promise<CallerPort>;
  close(callerId: string): Promise<void>;
}

/** A VM that is switched on. */
export interface Machine {
  readonly vmId: string;
  readonly resourceId: string;
  /** What stands for its file system. */
  readonly folder: string;
  /** Runs a script in it. `name` names the folder of the execution. */
  run(name: string, script: string, options: RunOptions): Execution;
}

export interface RunOptions {
  args?: string[];
  environment?: Record<string, string>;
  /** On the world's clock. */
  timeoutMs: number;
}

/** The VMs that run in a world. */
export interface Machines {
  /** Switches a VM on: its port opens. Nothing happens when it runs. */
  boot(vm: { vmId: string; resourceId: string }): Promise<Machine>;
  running(vmId: string): Machine | undefined;
  /** Switches it off: every process in it ends, its port closes; its folder stays. */
  stop(vmId: string): Promise<void>;
  /** Stops it and removes its folder. */
  remove(vmId: string): Promise<void>;
  /** The machine's folder, running or not. */
  folder(vmId: string): string;
  /** Stops all of them, for good: none boots any more. */
  stopAll(): Promise<void>;
}

interface Running extends Machine {
  reaper: ChildProcess;
  callerId: string;
}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @param dir where machines have their folders @param ports the edge */
export function createMachines(dir: string, ports: CallerPorts, clock: Clock): Machines {
  const running = new Map<string, Running>();
  /** Per VM, what is under way: boot and stop of one VM never overlap. */
  const queues = new Map<string, Promise<unknown>>();

  const inOrder = <T>(vmId: string, work: () => Promise<T>): Promise<T> => {
    const next = (queues.get(vmId) ?? Promise.resolve()).catch(() => undefined).then(work);
    queues.set(vmId, next);
    const forget = () => {
      if (queues.get(vmId) === next && !running.has(vmId)) queues.delete(vmId);
    };
    next.then(forget, forget);
    return next;
  };

  let ended = false;

  const start = async ({ vmId, resourceId }: { vmId: string; resourceId: string }): Promise<Machine> => {
    if (ended) throw new Error(`machine ${vmId} cannot boot: this world has ended`);
    const already = running.get(vmId);
    if (already) return already;
    const callerId = `vm:${vmId.toLowerCase()}`;
    const port = await ports.open({ id: callerId, kind: 'machine', resourceId });
    const folder = join(dir, vmId);
    const mark = randomUUID();
    const environment = prepareFolder(folder, mark, port.env);
    const reaper = spawn('/bin/bash', [here('reaper.sh'), mark], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const machine: Running = {
      vmId,
      resourceId,
      folder,
      reaper,
      callerId,
      run(name, script, options) {
        const execution = execute({
          folder: join(folder, 'var/lib/run-command', `${name}-${randomUUID().slice(0, 8)}`),
          script,
          args: options.args ?? [],
          environment: { ...options.environment, ...environment },
        });
        const cancel = alarm(clock, clock.now() + options.timeoutMs, () => execution.end('timed-out'));
        void execution.done.then(cancel);
        return execution;
      },
    };
    running.set(vmId, machine);
    return machine;
  };

  const halt = async (vmId: string): Promise<void> => {
    const machine = running.get(vmId);
    if (!machine) return;
    running.delete(vmId);
    const ended = new Promise<number | null>((resolve) => {
      if (machine.reaper.exitCode !== null) resolve(machine.reaper.exitCode);
      machine.reaper.once('exit', resolve);
    });
    machine.reaper.stdin!.end();
    const code = await ended;
    await ports.close(machine.callerId);
    if (code !== 0) throw new Error(`processes of machine ${vmId} could not be ended`);
  };

  const machines: Machines = {
    boot: (vm) => inOrder(vm.vmId, () => start(vm)),
    running: (vmId) => running.get(vmId),
    stop: (vmId) => inOrder(vmId, () => halt(vmId)),
    remove: (vmId) =>
      inOrder(vmId, async () => {
        await halt(vmId);
        rmSync(join(dir, vmId), { recursive: true, force: true });
      }),
    folder: (vmId) => join(dir, vmId),
    async stopAll() {
      ended = true;
      await Promise.all([...queues.keys()].map((vmId) => machines.stop(vmId)));
    },
  };
  return machines;
}

/** Lays out the folder and returns the environment of every process in the machine. */
function prepareFolder(folder: string, mark: string, portEnv: Record<string, string>): Record<string, string> {
  // What a reboot loses.
  for (const volatile of ['tmp', 'run']) rmSync(join(folder, volatile), { recursive: true, force: true });
  for (const name of ['root', 'tmp', 'run', 'var/log', 'var/lib', 'opt', 'etc', '.machine/bin']) {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  }
  if (!SYSTEM_PATH.split(':').some((bin) => existsSync(join(bin, 'curl')))) {
    const curl = join(folder, '.machine/bin/curl');
    writeFileSync(curl, `#!/bin/bash\nexec '${process.execPath}' '${here('guest-curl.mjs')}' "$@"\n`);
    chmodSync(curl, 0o700);
  }
  const environment = {
    ...portEnv,
    PATH: `${here('guest-bin')}:${join(folder, '.machine/bin')}:${SYSTEM_PATH}`,
    HOME: join(folder, 'root'),
    TMPDIR: join(folder, 'tmp'),
    LANG: 'C.UTF-8',
    USER: 'root',
    LOGNAME: 'root',
    SANDBOX_MACHINE: mark,
    SANDBOX_MACHINE_FOLDER: folder,
  };
  const listed = Object.entries(environment).map(([name, value]) => `${name}=${value}\0`);
  writeFileSync(join(folder, '.machine/environment'), listed.join(''), { mode: 0o600 });
  return environment;
}
