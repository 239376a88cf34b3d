import { setProvisioningState } from '../../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { notAllowed, notHere } from '../errors.ts';
import { object, text } from '../fields.ts';
import { MACHINE } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';
import { runCommandAction } from '../runCommands/actionRunCommand.ts';
import { forgetCommands } from '../runCommands/managedRunCommands.ts';
import { attachDetach } from './attachDetach.ts';
import { releaseStorageProfile } from './machineDisks.ts';
import { releaseNetworkProfile } from './machineNetwork.ts';
import { isAllocated, powerOf, shownMachine } from './machineView.ts';
import { writeMachine } from './machineWrite.ts';
import type { Written } from './machineWrite.ts';
import { machinePower } from './power.ts';

export function virtualMachineType(parts: ComputeParts): ResourceType {
  const { store } = parts.world;
  const power = machinePower(parts);

  /** One that was to be deleted meanwhile stays so. */
  const end = (id: string, state: 'Succeeded' | 'Failed') => {
    const now = store.get(id);
    if (now && text(now.properties, 'provisioningState') !== 'Deleting') setProvisioningState(store, id, state);
  };

  /** Work on the machine, in its turn; at the end it is in order. */
  const inTurn = (machine: ArmResource, work: () => Promise<void>) => async (): Promise<undefined> => {
    await parts.inOrder(machine.id, async () => {
      try {
        await work();
        end(machine.id, 'Succeeded');
      } catch (error) {
        end(machine.id, 'Failed');
        throw error;
      }
    });
    return undefined;
  };

  /** What is still to be done when a machine has been written. */
  const follow = ({ machine, boots, noPlace }: Written) =>
    inTurn(machine, async () => {
      power.settle(machine, noPlace);
      if (!boots) return;
      if (powerOf(parts, machine) !== 'starting') await power.halt(machine, 'stopped');
      await power.boot(machine);
    });

  const write = async (call: ArmCall, replace: boolean): Promise<ArmReply> => {
    const written = await parts.inOrder(call.path.id, () => {
      const existing = store.get(call.path.id);
      if (existing) refuseDeleting(existing);
      return writeMachine(parts, power, call, existing, replace);
    });
    return { status: written.created ? 201 : 200, longRunning: { style: 'azure-async', work: follow(written) } };
  };

  /** An operation checks first, then gives its work. */
  const operation =
    (begin: (machine: ArmResource, call: ArmCall) => () => Promise<void>) =>
    (call: ArmCall, machine: ArmResource): ArmReply => {
      refuseDeleting(machine);
      return accepted(inTurn(machine, begin(machine, call)));
    };

  return {
    type: MACHINE,
    put: (call) => write(call, true),
    patch: (call) => write(call, false),
    delete(_call, machine) {
      setProvisioningState(store, machine.id, 'Deleting');
      return accepted(() =>
        parts.inOrder(machine.id, async () => {
          const now = store.get(machine.id);
          if (!now) return undefined;
          await power.halt(now, 'deallocated');
          await power.remove(now);
          releaseStorageProfile(parts, now.id, object(now.properties, 'storageProfile'));
          releaseNetworkProfile(parts, now.id, object(now.properties, 'networkProfile'));
          forgetCommands(parts, now);
          store.delete(now.id);
          return undefined;
        }),
      );
    },
    view: (machine, call) => shownMachine(parts, machine, call),
    actions: {
      start: operation((machine) => {
        if (powerOf(parts, machine) === 'running') return async () => undefined;
        power.refuseStart(machine);
        const noPlace = isAllocated(parts, machine) ? undefined : power.place(machine);
        return () => {
          power.settle(machine, noPlace);
          return power.boot(machine);
        };
      }),
      deallocate: operation((machine, call) => {
        if (call.query.get('hibernate') === 'true') throw notHere('hibernation');
        power.refuseEphemeral(machine, 'deallocate');
        return () => power.halt(machine, 'deallocated');
      }),
      poweroff: operation((machine) => () => power.halt(machine, 'stopped')),
      restart: operation((machine) => {
        power.refuseUnlessAllocated(machine, 'restart');
        return async () => {
          await power.halt(machine, 'stopped');
          await power.boot(machine);
        };
      }),
      redeploy: operation((machine) => {
        power.refuseUnlessAllocated(machine, 'redeploy');
        const noPlace = power.place(machine);
        return async () => {
          power.settle(machine, noPlace);
          await power.halt(machine, 'stopped');
          await power.boot(machine);
        };
      }),
      reapply: operation(() => async () => undefined),
      generalize(_call, machine) {
        refuseDeleting(machine);
        if (!['stopped', 'deallocated'].includes(powerOf(parts, machine))) {
          throw notAllowed(
            `VM '${machine.name}' must be stopped or deallocated before it can be generalized: it is ${powerOf(parts, machine)}.`,
          );
        }
        parts.generalized.set(machine.id.toLowerCase(), true);
        return { status: 200 };
      },
      attachdetachdatadisks(call, machine) {
        refuseDeleting(machine);
        return attachDetach(parts, call, machine);
      },
      runcommand: (call, machine) => runCommandAction(parts, call, machine),
    },
    list(call) {
      const scope = call.path.resourceGroup
        ? `/subscriptions/${call.path.subscriptionId}/resourceGroups/${call.path.resourceGroup}`
        : `/subscriptions/${call.path.subscriptionId}`;
      const filter = call.query.get('$filter');
      // No machine here belongs to a scale set.
      if (filter && /virtualMachineScaleSet\/id/i.test(filter)) return [];
      if (filter) throw notHere(`lists of machines with $filter ${filter}`);
      return store.list({ type: MACHINE, under: scope });
    },
  };
}

/** @throws ArmError 409 OperationNotAllowed */
function refuseDeleting(machine: ArmResource): void {
  if (text(machine.properties, 'provisioningState') !== 'Deleting') return;
  throw notAllowed(
    `Operation is not allowed on VM '${machine.name}' since the VM is marked for deletion. You can only retry the Delete ` +
      'operation (or wait for an ongoing one to complete).',
  );
}
