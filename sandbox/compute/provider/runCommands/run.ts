import { alarm } from '../../../core/alarm.ts';
import type { ArmResource } from '../../../arm/types.ts';
import type { Execution, ScriptResult } from '../../machines/execution.ts';
import type { Machine } from '../../machines/machines.ts';
import { notAllowed, notHere } from '../errors.ts';
import { object, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import type { ComputeParts, Run } from '../parts.ts';

/** What the service hears of a run; `unheard`: its machine never reported, and the service has given up. */
export type Outcome = ScriptResult | 'unheard';

/** The running machine of a request. @throws ArmError 409 OperationNotAllowed, 501 for Windows */
export function requireRunning(parts: ComputeParts, machine: ArmResource): Machine {
  const running = parts.machines.running(text(machine.properties, 'vmId') ?? '');
  if (!running) throw notAllowed('Cannot modify extensions in the VM when the VM is not running.');
  const osDisk = object(object(machine.properties, 'storageProfile'), 'osDisk');
  if (text(osDisk, 'osType') === 'Windows') throw notHere('scripts in Windows machines');
  return running;
}

/** Parameters become environment variables. */
export function environmentOf(parameters: Json[]): Record<string, string> {
  return Object.fromEntries(parameters.map((p) => [text(p, 'name') ?? '', text(p, 'value') ?? '']));
}

export interface RunWish {
  /** Key of the run. */
  key: string;
  machine: Machine;
  name: string;
  script: string;
  args?: string[];
  environment: Record<string, string>;
  timeoutMs: number;
  /** What the agent does when the script has ended, before it reports. */
  afterwards?(execution: Execution): Promise<void>;
}

/**
 * Runs a script in a machine. The outcome is what the machine reports: a report that is lost (fault
 * `runCommand.report`) is waited for until the run's timeout has passed on the world's clock.
 */
export function run(parts: ComputeParts, wish: RunWish): { run: Run; outcome: Promise<Outcome> } {
  const { world, runs } = parts;
  const { key, machine, name, timeoutMs } = wish;
  const deadline = world.clock.now() + timeoutMs;
  const execution = machine.run(name, wish.script, {
    args: wish.args,
    environment: wish.environment,
    timeoutMs,
  });
  const abandoned = new AbortController();
  const abandon = () => {
    abandoned.abort();
    execution.end('terminated');
  };
  const mine: Run = {
    execution,
    abandon,
    get abandoned() {
      return abandoned.signal.aborted;
    },
  };
  runs.set(key, mine);
  const outcome = (async (): Promise<Outcome> => {
    const result = await execution.done;
    // A machine that was switched off meanwhile does nothing more.
    if (parts.machines.running(machine.vmId) === machine) await wish.afterwards?.(execution);
    const lost = world.faults.strike('runCommand.report', { id: machine.resourceId, name });
    if (lost) await untilTime(parts, deadline, abandoned.signal);
    if (runs.get(key) === mine) runs.delete(key);
    return lost ? 'unheard' : result;
  })();
  return { run: mine, outcome };
}

function untilTime({ world }: ComputeParts, at: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = alarm(world.clock, at, resolve);
    signal.addEventListener('abort', () => {
      cancel();
      resolve();
    });
  });
}
