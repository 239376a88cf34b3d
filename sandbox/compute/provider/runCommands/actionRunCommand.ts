import { bodyOf } from '../../../arm/resource.ts';
import { ArmError } from '../../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource } from '../../../arm/types.ts';
import { missingParameter, notHere } from '../errors.ts';
import { objects, text } from '../fields.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';
import { environmentOf, requireRunning, run } from './run.ts';

const TIMEOUT_MS = 90 * 60 * 1000;

/** Action Run Command (`POST …/runCommand`): one script at a time, its result in the answer. */
export function runCommandAction(parts: ComputeParts, call: ArmCall, machine: ArmResource): ArmReply {
  const running = requireRunning(parts, machine);
  const body = bodyOf(call);
  const commandId = text(body, 'commandId');
  if (!commandId) throw missingParameter('commandId');
  if (commandId !== 'RunShellScript') throw notHere(`run command '${commandId}'`);
  const { script } = body as { script?: string[] };
  if (!Array.isArray(script)) throw missingParameter('script');
  const key = actionKey(machine);
  if (parts.runs.has(key)) {
    throw new ArmError(
      409,
      'Conflict',
      'Run command extension execution is in progress. Please wait for completion before invoking a run command.',
    );
  }
  const parameters = objects(body, 'parameters');
  const { outcome } = run(parts, {
    key,
    machine: running,
    name: commandId,
    script: script.join('\n'),
    args: parameters.map((p) => text(p, 'value') ?? ''),
    environment: environmentOf(parameters),
    timeoutMs: TIMEOUT_MS,
  });
  return accepted(async () => {
    const result = await outcome;
    if (result === 'unheard' || result.end === 'timed-out') {
      throw new ArmError(
        409,
        'VMExtensionProvisioningTimeout',
        `Provisioning of VM extension RunCommandLinux has timed out. Extension provisioning has taken too long to complete.`,
      );
    }
    const { exitCode, output, error } = result;
    const verdict = exitCode === 0 ? 'succeeded' : `failed: command terminated with exit status=${exitCode}`;
    return {
      value: [
        {
          code: 'ProvisioningState/succeeded',
          level: 'Info',
          displayStatus: 'Provisioning succeeded',
          message: `Enable ${verdict}: \n[stdout]\n${output}\n[stderr]\n${error}`,
        },
      ],
    };
  });
}

/** Under which a machine's action run command is known while it runs. */
export function actionKey(machine: ArmResource): string {
  return `${machine.id.toLowerCase()}/runcommand`;
}
