import { bodyOf, tracked } from '../../../arm/resource.ts';
import { ArmError } from '../../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { invalidParameter, nameRule, notHere } from '../errors.ts';
import { chosen, number, object, objects, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { RUN_COMMAND } from '../parts.ts';
import type { ComputeParts, RunReport } from '../parts.ts';
import { accepted } from '../replies.ts';
import { expands } from '../virtualMachines/machineView.ts';
import { actionKey } from './actionRunCommand.ts';
import { FETCH_AND_RUN } from './agentScripts.ts';
import { identityQuery, outputTargets, writeOutputBlobs } from './outputBlobs.ts';
import { environmentOf, requireRunning, run } from './run.ts';
import type { Outcome } from './run.ts';

const DEFAULT_TIMEOUT_SECONDS = 5400;
const NOT_HERE = ['runAsUser', 'runAsPassword'];
/** What is kept and shown of a request. Signatures of blobs and protected parameters are not. */
const SHOWN = [
  'source',
  'parameters',
  'asyncExecution',
  'timeoutInSeconds',
  'treatFailureAsDeploymentFailure',
  'outputBlobUri',
  'errorBlobUri',
  'outputBlobManagedIdentity',
  'errorBlobManagedIdentity',
] as const;

/** The script of a request, or one that fetches it. @throws ArmError 400 InvalidParameter, 501 */
function scriptOf(asked: Json): { script: string; environment: Record<string, string> } {
  const source = object(asked, 'source');
  const script = text(source, 'script');
  const uri = text(source, 'scriptUri');
  if (text(source, 'galleryScriptReferenceId')) throw notHere('run commands from a gallery');
  if (text(source, 'scriptShell') === 'Powershell7') throw notHere('PowerShell in machines');
  if (script !== undefined) return { script, environment: {} };
  if (uri !== undefined) {
    const identity = identityQuery(source, 'scriptUriManagedIdentity');
    return { script: FETCH_AND_RUN, environment: { SCRIPT_URI: uri, SCRIPT_IDENTITY: identity } };
  }
  if (text(source, 'commandId')) throw notHere('predefined run commands');
  throw invalidParameter('source', 'One of source.script, source.scriptUri and source.commandId must be given.');
}

/** Ends a run that goes on and forgets what it reported. */
export function forgetRun(parts: ComputeParts, id: string): void {
  const key = id.toLowerCase();
  parts.runs.get(key)?.abandon();
  parts.runs.delete(key);
  parts.reports.delete(key);
}

/** The run commands of a machine that goes. */
export function forgetCommands(parts: ComputeParts, machine: ArmResource): void {
  for (const command of parts.world.store.list({ type: RUN_COMMAND, under: machine.id })) forgetRun(parts, command.id);
  parts.runs.get(actionKey(machine))?.abandon();
}

/** Runs the script and writes down what is reported of it. */
function start(parts: ComputeParts, machine: ArmResource, id: string, asked: Json): Promise<Outcome> {
  const { world, reports } = parts;
  const running = requireRunning(parts, machine);
  const { script, environment } = scriptOf(asked);
  const key = id.toLowerCase();
  const first: RunReport = { state: 'Running', startTime: world.clock.iso(), output: '', error: '', message: '' };
  forgetRun(parts, id);
  let blobProblem = '';
  const { outcome, run: mine } = run(parts, {
    key,
    machine: running,
    name: id.split('/').at(-1)!,
    script,
    environment: {
      ...environment,
      ...environmentOf([...objects(asked, 'parameters'), ...objects(asked, 'protectedParameters')]),
    },
    timeoutMs: (number(asked, 'timeoutInSeconds') ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
    afterwards: async (execution) => {
      blobProblem = await writeOutputBlobs(running, execution, outputTargets(asked));
    },
  });
  reports.set(key, first);
  return outcome.then((result) => {
    // An abandoned run was deleted, or a later one of the same name has taken its place.
    if (!mine.abandoned && result !== 'unheard') {
      const { end, exitCode, output, error } = result;
      const state = end === 'timed-out' ? 'TimedOut' : exitCode === 0 ? 'Succeeded' : 'Failed';
      const message = [state === 'Succeeded' ? 'Execution completed' : '', blobProblem].filter(Boolean).join('. ');
      reports.set(key, { ...first, state, endTime: world.clock.iso(), exitCode, output, error, message });
    }
    return result;
  });
}

function instanceView(parts: ComputeParts, id: string): Json {
  const report = parts.reports.get(id.toLowerCase());
  if (!report) return { executionState: 'Unknown', executionMessage: '', exitCode: 0, output: '', error: '' };
  const { state, startTime, endTime, exitCode, message } = report;
  const ended = state !== 'Running';
  const { output, error } = (!ended && parts.runs.get(id.toLowerCase())?.execution.written()) || report;
  return {
    executionState: state,
    executionMessage: message,
    ...(ended && { exitCode, endTime }),
    output,
    error,
    startTime,
    statuses: [],
  };
}

/** Managed Run Command: a script as a resource. `provisioningState` says nothing of its exit code. */
export function runCommandType(parts: ComputeParts): ResourceType {
  const { store } = parts.world;

  /** Follows a run to its end, or only to its start. @throws ArmError when the deployment is to fail with the script */
  const settle = async (id: string, asked: Json, outcome: Promise<Outcome>): Promise<undefined> => {
    const result = asked['asyncExecution'] === true ? undefined : await outcome;
    const heard = result === 'unheard' ? undefined : result;
    const strict = asked['treatFailureAsDeploymentFailure'] === true;
    const scriptFailed = strict && heard !== undefined && (heard.exitCode !== 0 || heard.end !== 'exited');
    const failed = result === 'unheard' || scriptFailed;
    const now = store.get(id);
    const provisioningState = failed ? 'Failed' : 'Succeeded';
    if (now) store.put({ ...now, properties: { ...now.properties, provisioningState } });
    if (!failed) return undefined;
    const name = id.split('/').at(-1);
    throw heard
      ? new ArmError(409, 'VMExtensionProvisioningError', `Run command ${name} ended with exit code ${heard.exitCode}.`)
      : new ArmError(
          409,
          'VMExtensionProvisioningTimeout',
          `Provisioning of run command ${name} has timed out: the machine has not reported its status.`,
        );
  };

  const execute = (call: ArmCall, existing: ArmResource | undefined, asked: Json, resource: ArmResource): ArmReply => {
    const machine = store.require(call.path.id.split('/').slice(0, -2).join('/'));
    const unsupported = NOT_HERE.find((name) => asked[name]);
    if (unsupported) throw notHere(`run commands with '${unsupported}'`);
    const outcome = start(parts, machine, resource.id, asked);
    store.put({
      ...resource,
      properties: { ...withoutSignatures(chosen(asked, SHOWN)), provisioningState: 'Creating' },
    });
    const work = () => settle(resource.id, asked, outcome);
    return { status: existing ? 200 : 201, longRunning: { style: 'azure-async', work } };
  };

  return {
    type: RUN_COMMAND,
    nameRule: nameRule('runCommand'),
    put: (call, existing) => execute(call, existing, bodyOf(call).properties ?? {}, tracked(call, existing)),
    patch(call, existing) {
      const { tags, properties } = bodyOf(call);
      const resource = tags ? { ...existing, tags } : existing;
      if (properties) return execute(call, existing, { ...existing.properties, ...properties }, resource);
      store.put(resource);
      return { status: 200 };
    },
    delete(_call, existing) {
      forgetRun(parts, existing.id);
      store.delete(existing.id);
      return accepted();
    },
    view(command, call) {
      if (!expands(call, 'instanceView')) return command;
      return { ...command, properties: { ...command.properties, instanceView: instanceView(parts, command.id) } };
    },
  };
}

/** URIs as they are shown: what a SAS grants is not. */
function withoutSignatures(shown: Json): Json {
  const bare = (name: 'outputBlobUri' | 'errorBlobUri') => {
    const uri = text(shown, name);
    return uri === undefined ? {} : { [name]: uri.split('?')[0] };
  };
  return { ...shown, ...bare('outputBlobUri'), ...bare('errorBlobUri') };
}
