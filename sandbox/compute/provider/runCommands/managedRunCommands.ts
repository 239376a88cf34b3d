import { bodyOf, tracked } from '../../../arm/resource.ts';
import { ArmError } from '../../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import type { Machine } from '../../machines/machines.ts';
import { invalidParameter, notAllowed, notHere } from '../errors.ts';
import { chosen, number, object, objects, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { expands } from '../virtualMachines/machineView.ts';
import { RUN_COMMAND } from '../parts.ts';
import type { ComputeParts, RunCommandRun } from '../parts.ts';
import { accepted } from '../replies.ts';

const DEFAULT_TIMEOUT_SECONDS = 5400;
const NOT_HERE = ['outputBlobUri', 'errorBlobUri', 'runAsUser', 'runAsPassword'];

/** Fetches the script inside the machine, as its agent would, and becomes it. */
const FETCH_AND_RUN = `set -e
file=$(mktemp)
curl -fsSL --retry 3 -o "$file" "$SCRIPT_URI"
exec env -u SCRIPT_URI /bin/bash "$file"
`;

/** The running machine of a request. @throws ArmError 409 OperationNotAllowed */
export function requireRunning(parts: ComputeParts, machine: ArmResource): Machine {
  const running = parts.machines.running(text(machine.properties, 'vmId') ?? '');
  if (!running) throw notAllowed('Cannot modify extensions in the VM when the VM is not running.');
  return running;
}

/** Parameters become environment variables. */
export function environmentOf(parameters: Json[]): Record<string, string> {
  return Object.fromEntries(parameters.map((p) => [text(p, 'name') ?? '', text(p, 'value') ?? '']));
}

/** Ends a run that goes on and forgets it. */
export function forgetRun(parts: ComputeParts, id: string): void {
  parts.runs.get(id.toLowerCase())?.execution.terminate();
  parts.runs.delete(id.toLowerCase());
}

function scriptOf(asked: Json): { script: string; environment: Record<string, string> } {
  const source = object(asked, 'source');
  const script = text(source, 'script');
  const uri = text(source, 'scriptUri');
  if (script !== undefined) return { script, environment: {} };
  if (uri !== undefined) return { script: FETCH_AND_RUN, environment: { SCRIPT_URI: uri } };
  if (text(source, 'commandId')) throw notHere('predefined run commands');
  throw invalidParameter('source', 'One of source.script, source.scriptUri and source.commandId must be given.');
}

/** Runs the script and writes down its end. */
function start(parts: ComputeParts, id: string, machine: Machine, asked: Json): RunCommandRun {
  const { script, environment } = scriptOf(asked);
  const seconds = number(asked, 'timeoutInSeconds') ?? DEFAULT_TIMEOUT_SECONDS;
  const run: RunCommandRun = {
    startTime: parts.world.clock.iso(),
    execution: machine.run(id.split('/').at(-1)!, script, {
      environment: {
        ...environment,
        ...environmentOf([...objects(asked, 'parameters'), ...objects(asked, 'protectedParameters')]),
      },
      timeoutMs: seconds * 1000,
    }),
  };
  parts.runs.set(id.toLowerCase(), run);
  return run;
}

async function finish(parts: ComputeParts, run: RunCommandRun): Promise<void> {
  const { end, exitCode } = await run.execution.done;
  const state =
    end === 'timed-out' ? 'TimedOut' : end === 'terminated' ? 'Canceled' : exitCode === 0 ? 'Succeeded' : 'Failed';
  run.end = { state, exitCode, endTime: parts.world.clock.iso() };
}

function instanceView(run: RunCommandRun | undefined): Json {
  if (!run) return { executionState: 'Unknown', executionMessage: '', exitCode: 0, output: '', error: '' };
  return {
    executionState: run.end?.state ?? 'Running',
    executionMessage: run.end?.state === 'Succeeded' ? 'Execution completed' : '',
    ...(run.end && { exitCode: run.end.exitCode, endTime: run.end.endTime }),
    ...run.execution.written(),
    startTime: run.startTime,
    statuses: [],
  };
}

/** Managed Run Command: a script as a resource. `provisioningState` says nothing of its exit code. */
export function runCommandType(parts: ComputeParts): ResourceType {
  const { store } = parts.world;

  const put = (call: ArmCall, existing: ArmResource | undefined): ArmReply => {
    const machine = store.require(call.path.id.split('/').slice(0, -2).join('/'));
    const running = requireRunning(parts, machine);
    const asked: Json = bodyOf(call).properties ?? {};
    const unsupported = NOT_HERE.find((name) => asked[name]);
    if (unsupported) throw notHere(`run commands with '${unsupported}'`);
    const resource: ArmResource = {
      ...tracked(call, existing),
      properties: {
        ...chosen(asked, [
          'source',
          'parameters',
          'asyncExecution',
          'timeoutInSeconds',
          'treatFailureAsDeploymentFailure',
        ]),
        provisioningState: 'Creating',
      },
    };
    scriptOf(asked);
    forgetRun(parts, resource.id);
    store.put(resource);
    const run = start(parts, resource.id, running, asked);
    const finished = finish(parts, run);
    const work = async () => {
      if (asked['asyncExecution'] !== true) await finished;
      const failed = run.end && run.end.state !== 'Succeeded' && asked['treatFailureAsDeploymentFailure'] === true;
      const now = store.get(resource.id);
      if (now)
        store.put({ ...now, properties: { ...now.properties, provisioningState: failed ? 'Failed' : 'Succeeded' } });
      if (failed) {
        throw new ArmError(
          409,
          'VMExtensionProvisioningError',
          `Run command ${resource.name} ended as ${run.end?.state} with exit code ${run.end?.exitCode}.`,
        );
      }
      return undefined;
    };
    return { status: existing ? 202 : 201, longRunning: { style: 'azure-async', work } };
  };

  return {
    type: RUN_COMMAND,
    put,
    delete(_call, existing) {
      forgetRun(parts, existing.id);
      store.delete(existing.id);
      return accepted();
    },
    view(command, call) {
      if (!expands(call, 'instanceView')) return command;
      return {
        ...command,
        properties: { ...command.properties, instanceView: instanceView(parts.runs.get(command.id.toLowerCase())) },
      };
    },
  };
}
