import { assignIdentity } from '../../../arm/providers/managedIdentity/assigned.ts';
import { bodyOf, tracked } from '../../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { invalidParameter } from '../errors.ts';
import { chosen, object, objects, properties, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { applyStorageProfile, releaseStorageProfile } from './machineDisks.ts';
import { applyNetworkProfile, releaseNetworkProfile } from './machineNetwork.ts';
import { expands, instanceView } from './machineView.ts';
import { MACHINE, RUN_COMMAND } from '../parts.ts';
import type { ComputeParts, PowerState } from '../parts.ts';
import { accepted } from '../replies.ts';
import { runCommandAction } from '../runCommands/actionRunCommand.ts';
import { forgetRun } from '../runCommands/managedRunCommands.ts';

/** What a machine keeps of a request as it is. */
const PLAIN = [
  'additionalCapabilities',
  'availabilitySet',
  'billingProfile',
  'diagnosticsProfile',
  'evictionPolicy',
  'extensionsTimeBudget',
  'host',
  'licenseType',
  'priority',
  'proximityPlacementGroup',
  'scheduledEventsProfile',
  'securityProfile',
] as const;
const TOP_LEVEL = ['zones', 'plan', 'extendedLocation'] as const;

export function virtualMachineType(parts: ComputeParts): ResourceType {
  const { store, clock } = parts.world;

  const vmIdOf = (machine: ArmResource) => text(machine.properties, 'vmId') ?? '';
  const setPower = (machine: ArmResource, power: PowerState) => parts.power.set(machine.id.toLowerCase(), power);

  const boot = async (machine: ArmResource) => {
    setPower(machine, 'starting');
    await parts.machines.boot({ vmId: vmIdOf(machine), resourceId: machine.id });
    setPower(machine, 'running');
  };

  const halt = async (machine: ArmResource, power: PowerState) => {
    for (const child of store.list({ type: RUN_COMMAND, under: machine.id })) forgetRun(parts, child.id);
    await parts.machines.stop(vmIdOf(machine));
    setPower(machine, power);
  };

  /** Writes the machine that a request asks for. Its disks and interfaces are made before it stands in the store. */
  const write = async (call: ArmCall, existing: ArmResource | undefined, replace: boolean): Promise<ArmResource> => {
    const body = bodyOf(call);
    const asked: Json = body.properties ?? {};
    const had = properties(existing);
    const base =
      existing && !replace ? { ...existing, ...(body.tags && { tags: body.tags }) } : tracked(call, existing);
    const hardwareProfile = 'hardwareProfile' in asked ? asked['hardwareProfile'] : had['hardwareProfile'];
    if (!text(hardwareProfile, 'vmSize')) {
      throw invalidParameter(
        'hardwareProfile.vmSize',
        "Required parameter 'hardwareProfile.vmSize' is missing (null).",
      );
    }
    const identity =
      'identity' in body || !existing ? assignIdentity(parts.world, body['identity'], existing) : existing['identity'];
    const security = object('securityProfile' in asked ? asked : had, 'securityProfile');
    const place = { id: base.id, name: base.name, location: base.location ?? '' };
    const networkProfile = applyNetworkProfile(
      parts,
      place,
      object(asked, 'networkProfile'),
      existing && object(had, 'networkProfile'),
    );
    const storageProfile = await applyStorageProfile(
      parts,
      {
        ...place,
        zones: (body as { zones?: string[] }).zones ?? (existing as { zones?: string[] } | undefined)?.zones,
        trustedLaunch: text(security, 'securityType') === 'TrustedLaunch',
      },
      object(asked, 'storageProfile'),
      existing && object(had, 'storageProfile'),
    );
    const osProfile = existing ? had['osProfile'] : osProfileOf(object(asked, 'osProfile'));
    const machine: ArmResource = {
      ...base,
      ...chosen(existing, TOP_LEVEL),
      ...chosen(body, TOP_LEVEL),
      ...(identity ? { identity } : { identity: undefined }),
      properties: {
        ...(replace ? {} : chosen(had, PLAIN)),
        ...chosen(asked, PLAIN),
        hardwareProfile,
        storageProfile,
        ...(osProfile ? { osProfile } : {}),
        networkProfile,
        vmId: had['vmId'] ?? parts.world.guid(),
        timeCreated: had['timeCreated'] ?? clock.iso(),
        provisioningState: existing ? 'Updating' : 'Creating',
      },
    };
    store.put(machine);
    return machine;
  };

  const settled = (machine: ArmResource, work: () => Promise<void>) => async (): Promise<undefined> => {
    await work();
    const now = store.get(machine.id);
    if (now) store.put({ ...now, properties: { ...now.properties, provisioningState: 'Succeeded' } });
    return undefined;
  };

  const update = async (call: ArmCall, existing: ArmResource, replace: boolean): Promise<ArmReply> => {
    const machine = await write(call, existing, replace);
    return { status: 202, longRunning: { style: 'azure-async', work: settled(machine, async () => undefined) } };
  };

  return {
    type: MACHINE,
    async put(call, existing) {
      if (existing) return update(call, existing, true);
      const machine = await write(call, undefined, true);
      return { status: 201, longRunning: { style: 'azure-async', work: settled(machine, () => boot(machine)) } };
    },
    patch: (call, existing) => update(call, existing, false),
    delete: (_call, machine) =>
      accepted(async () => {
        await halt(machine, 'deallocated');
        await parts.machines.remove(vmIdOf(machine));
        releaseStorageProfile(parts, object(machine.properties, 'storageProfile'));
        releaseNetworkProfile(store, object(machine.properties, 'networkProfile'));
        store.delete(machine.id);
        parts.power.delete(machine.id.toLowerCase());
        return undefined;
      }),
    view(machine, call) {
      if (!expands(call, 'instanceView')) return machine;
      return { ...machine, properties: { ...machine.properties, instanceView: instanceView(parts, machine) } };
    },
    actions: {
      start: (_call, machine) => accepted(() => boot(machine)),
      deallocate: (_call, machine) => accepted(() => halt(machine, 'deallocated')),
      poweroff: (_call, machine) => accepted(() => halt(machine, 'stopped')),
      restart: (_call, machine) =>
        accepted(async () => {
          await halt(machine, 'stopped');
          await boot(machine);
        }),
      runcommand: (call, machine) => runCommandAction(parts, call, machine),
    },
  };
}

/** Passwords, custom data and certificates are never given back. Undefined: a machine from an attached OS disk. */
function osProfileOf(asked: Json): Json | undefined {
  if (Object.keys(asked).length === 0) return undefined;
  return {
    ...chosen(asked, ['computerName', 'adminUsername', 'linuxConfiguration', 'windowsConfiguration']),
    secrets: objects(asked, 'secrets'),
    allowExtensionOperations: asked['allowExtensionOperations'] ?? true,
    requireGuestProvisionSignal: true,
  };
}
