import { bodyOf } from '../../../arm/resource.ts';
import { ArmError } from '../../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource } from '../../../arm/types.ts';
import { invalidParameter, notHere } from '../errors.ts';
import { objects, text } from '../fields.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';
import { environmentOf, requireRunning } from './managedRunCommands.ts';

const TIMEOUT_MS = 90 * 60 * 1000;

/** Action Run Command (`POST …/runCommand`): one script at a time, its result in the answer. */
export function runCommandAction(parts: ComputeParts, call: ArmCall, machine: ArmResource): ArmReply {
  const running = requireRunning(parts, machine);
  const body = bodyOf(call);
  const commandId = text(body, 'commandId');
  if (!commandId) throw invalidParameter('commandId', "Required parameter 'commandId' is missing (null).");
  if (commandId !== 'RunShellScript') throw notHere(`run command '${commandId}'`);
  const { script } = body as { script?: string[] };
  if (!Array.isArray(script)) throw invalidParameter('script', "Required parameter 'script' is missing (null).");
  const key = `${machine.id.toLowerCase()}/runcommand`;
  if (parts.runs.has(key)) {
    throw new ArmError(
      409,
      'Conflict',
      'Run command extension execution is in progress. Please wait for completion before invoking a run command.',
    );
  }
  const parameters = objects(body, 'parameters');
  const execution = running.run('action', script.join('\n'), {
    args: parameters.map((p) => text(p, 'value') ?? ''),
    environment: environmentOf(parameters),
    timeoutMs: TIMEOUT_MS,
  });
  parts.runs.set(key, { execution, startTime: parts.world.clock.iso() });
  return accepted(async () => {
    const { exitCode, output, error } = await execution.done;
    parts.runs.delete(key);
    const outcome = exitCode === 0 ? 'succeeded' : `failed: command terminated with exit status=${exitCode}`;
    return {
      value: [
        {
          code: 'ProvisioningState/succeeded',
          level: 'Info',
          displayStatus: 'Provisioning succeeded',
          message: `Enable ${outcome}: \n[stdout]\n${output}\n[stderr]\n${error}`,
        },
      ],
    };
  });
}
