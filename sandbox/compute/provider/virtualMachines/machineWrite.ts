import { assignIdentity } from '../../../arm/providers/managedIdentity/assigned.ts';
import { bodyOf, tracked } from '../../../arm/resource.ts';
import { resourceNotFound } from '../../../arm/store.ts';
import type { ArmCall, ArmError, ArmResource } from '../../../arm/types.ts';
import { isSpot, refuseBeyondQuota } from '../catalogue/quota.ts';
import { sizeOf } from '../catalogue/sizes.ts';
import { chosen, object, properties, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import type { ComputeParts } from '../parts.ts';
import { checkDataDisks, checkNewMachine, checkResize, checkUpdate, requireSize } from './machineChecks.ts';
import { applyStorageProfile } from './machineDisks.ts';
import { applyNetworkProfile } from './machineNetwork.ts';
import { isAllocated } from './machineView.ts';
import { newOsProfile, rememberSecrets, updatedOsProfile } from './osProfile.ts';
import type { MachinePower } from './power.ts';
import { settled } from './unfinished.ts';

/** What a machine keeps of a request as it is. */
const PLAIN = [
  'additionalCapabilities',
  'applicationProfile',
  'billingProfile',
  'diagnosticsProfile',
  'evictionPolicy',
  'extensionsTimeBudget',
  'licenseType',
  'platformFaultDomain',
  'priority',
  'scheduledEventsPolicy',
  'scheduledEventsProfile',
  'securityProfile',
  'userData',
] as const;
const TOP_LEVEL = ['zones', 'plan', 'extendedLocation'] as const;

/** A machine that was written, and what that leads to. */
export interface Written {
  machine: ArmResource;
  created: boolean;
  /** It is new, or could not be placed when it was, or changes its size while it runs: it is switched on, or off and on. */
  boots: boolean;
  /** Why the machine cannot be placed. */
  noPlace: ArmError | undefined;
}

/**
 * Writes the machine that a request asks for. Its disks and interfaces are made before it stands in the store; when
 * something cannot be had, all is as it was.
 * @param replace a PUT; else a PATCH, which keeps what it does not name
 * @throws ArmError
 */
export async function writeMachine(
  parts: ComputeParts,
  power: MachinePower,
  call: ArmCall,
  existing: ArmResource | undefined,
  replace: boolean,
): Promise<Written> {
  const { store, clock } = parts.world;
  if (!existing && !replace) throw resourceNotFound(call.path.id);
  const body = bodyOf(call);
  const asked: Json = body.properties ?? {};
  const had = properties(existing);
  const base: ArmResource = {
    ...(existing && !replace ? { ...existing, ...(body.tags && { tags: body.tags }) } : tracked(call, existing)),
    ...chosen(existing, TOP_LEVEL),
    ...chosen(body, TOP_LEVEL),
  };
  const allocated = existing !== undefined && isAllocated(parts, existing);
  const hardwareProfile = 'hardwareProfile' in asked ? asked['hardwareProfile'] : had['hardwareProfile'];
  const size = requireSize(hardwareProfile);
  const storage = object(asked, 'storageProfile');
  checkDataDisks(size, 'dataDisks' in storage ? storage : object(had, 'storageProfile'));
  const sizeBefore = sizeOf(text(object(had, 'hardwareProfile'), 'vmSize'));
  const resized = allocated && sizeBefore !== undefined && sizeBefore !== size;
  if (existing) checkUpdate(existing, body['zones'], asked, allocated);
  if (existing && sizeBefore) checkResize(existing, sizeBefore, size);
  const image = existing ? undefined : checkNewMachine(base, asked);
  const osAsked = object(asked, 'osProfile');
  const osProfile = existing
    ? updatedOsProfile(parts, base.id, osAsked, object(had, 'osProfile'))
    : (image || Object.keys(osAsked).length > 0) && newOsProfile(osAsked, image?.os ?? 'Linux');
  const region = { subscriptionId: call.path.subscriptionId, location: base.location ?? '' };
  refuseBeyondQuota(parts, region, base.id, size, isSpot({ ...had, ...asked }));
  const identity =
    'identity' in body || !existing ? assignIdentity(parts.world, body['identity'], existing) : existing['identity'];
  const planned: ArmResource = { ...base, properties: { hardwareProfile } };
  const neverRan = !parts.power.has(base.id.toLowerCase());
  const boots = neverRan || resized;
  const noPlace = boots ? power.place(planned) : undefined;

  const place = { id: base.id, name: base.name, location: base.location ?? '' };
  const whole = async (): Promise<ArmResource> => {
    const networkProfile = applyNetworkProfile(
      parts,
      place,
      object(asked, 'networkProfile'),
      existing && object(had, 'networkProfile'),
      allocated,
    );
    const security = object('securityProfile' in asked ? asked : had, 'securityProfile');
    const storageProfile = await applyStorageProfile(
      parts,
      {
        ...place,
        zones: base['zones'] as string[] | undefined,
        trustedLaunch: text(security, 'securityType') === 'TrustedLaunch',
        image,
        allocated,
      },
      storage,
      existing && object(had, 'storageProfile'),
    );
    const machine: ArmResource = {
      ...base,
      identity: identity ?? undefined,
      properties: {
        ...(replace ? {} : chosen(had, PLAIN)),
        ...chosen(asked, PLAIN),
        // A resize that finds no place leaves the machine as it was.
        hardwareProfile: resized && noPlace ? had['hardwareProfile'] : hardwareProfile,
        storageProfile,
        ...(osProfile && Object.keys(osProfile).length > 0 && { osProfile }),
        networkProfile,
        vmId: had['vmId'] ?? parts.world.guid(),
        timeCreated: had['timeCreated'] ?? clock.iso(),
        provisioningState: existing ? 'Updating' : 'Creating',
      },
    };
    if (!existing) rememberSecrets(parts, machine.id, osAsked);
    if (boots && !allocated && !noPlace) parts.power.set(machine.id.toLowerCase(), 'starting');
    store.put(machine);
    return machine;
  };
  const machine = await settled(parts, base.id, whole);
  return { machine, created: !existing, boots, noPlace };
}
