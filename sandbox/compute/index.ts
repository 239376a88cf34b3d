import { join } from 'node:path';
import type { ArmWorld, Provider } from '../arm/types.ts';
import type { Service, Tokens } from '../core/types.ts';
import { createDiskDataPlane } from './disks/dataPlane.ts';
import { createDiskWorld } from './disks/diskWorld.ts';
import type { DiskWorld } from './disks/diskWorld.ts';
import { createExportThrottle } from './disks/exportRate.ts';
import { forgetOrphans } from './disks/orphans.ts';
import { createDiskSas } from './disks/sas.ts';
import { createVhdBlobs } from './disks/vhdBlobs.ts';
import { createVolumes } from './disks/volumes.ts';
import { createMachines } from './machines/machines.ts';
import type { CallerPorts, Machines } from './machines/machines.ts';
import { text } from './provider/fields.ts';
import { computeProvider } from './provider/index.ts';
import { resumeMachines } from './provider/virtualMachines/power.ts';
import { settleAll } from './provider/virtualMachines/unfinished.ts';
import type { ExportPeaks } from './provider/managedDisks/exportPeaks.ts';
import { inOrder } from './provider/inOrder.ts';
import { defaultComputeLimits } from './provider/limits.ts';
import type { ComputeLimits } from './provider/limits.ts';
import type { ComputeParts } from './provider/parts.ts';

export type { ComputeLimits } from './provider/limits.ts';
export type { DiskWorld } from './disks/diskWorld.ts';
export type { Machines } from './machines/machines.ts';
export { inspectImage } from './disks/imageFile.ts';

export interface ComputeOptions {
  world: ArmWorld;
  /** Checks the tokens that exports with `dataAccessAuthMode: AzureActiveDirectory` need. */
  tokens: Tokens;
  /** Where disk contents and machines' folders live. */
  dir: string;
  /** Opens and closes the machines' proxy ports. */
  edge: CallerPorts;
  /** Raw image or fixed VHD that OS disks made from a marketplace image begin with; none: empty ones. */
  imageDisk?: string;
  limits?: Partial<ComputeLimits> | undefined;
}

export interface Compute {
  /** Microsoft.Compute */
  provider: Provider;
  /** `md-<id>.z<nn>.blob.storage.azure.net`, and through disk accesses `md-impexp-<id>.blob.core.windows.net` */
  service: Service;
  disks: DiskWorld;
  /** The most imports and exports that went on at once. */
  exportPeaks: ExportPeaks;
  /** What may be turned at any time. */
  limits: ComputeLimits;
  machines: Machines;
  /** Switches on what ran when the world ended. To be called once, when all parts of the world stand. */
  resume(): Promise<void>;
  /** Ends all machines and closes the disks' files. */
  stop(): Promise<void>;
}

/** Azure's compute: the resource provider, the disks' data plane, and the machines that run. */
export function createCompute(options: ComputeOptions): Compute {
  const { world, dir, tokens } = options;
  const volumes = createVolumes(join(dir, 'disks'), world.state, world.clock);
  const sas = createDiskSas(world.clock, world.guid, world.state.map('disks.sas'));
  const machines = createMachines(join(dir, 'machines'), options.edge, world.clock);
  const limits: ComputeLimits = { ...structuredClone(defaultComputeLimits), ...options.limits };
  const throttle = createExportThrottle(world.clock, () => limits.exportRate);
  const disks = createDiskWorld(world, volumes, throttle);
  const fact = (id: string, name: string) => text(world.store.get(id)?.properties, name);
  const blobs = createVhdBlobs(volumes, world.state.map('disks.uploads'), (id) => ({
    created: Date.parse(fact(id, 'timeCreated') ?? world.clock.iso()),
    uniqueId: fact(id, 'uniqueId') ?? '',
  }));
  const parts: ComputeParts = {
    world,
    volumes,
    sas,
    blobs,
    machines,
    limits,
    imageDisk: options.imageDisk,
    uploads: world.state.map('compute.uploads'),
    power: world.state.map('compute.power'),
    generalized: world.state.map('compute.generalized'),
    failures: world.state.map('compute.failures'),
    osSecrets: world.state.map('compute.osSecrets'),
    runs: new Map(),
    reports: world.state.map('compute.runReports'),
    families: world.state.map('compute.families'),
    snapshotTimes: world.state.map('compute.snapshotTimes'),
    restorePointTimes: world.state.map('compute.restorePointTimes'),
    copies: world.state.map('compute.copies'),
    unfinished: world.state.map('compute.unfinished'),
    exportPeaks: { diskAccesses: {}, families: {} },
    inOrder: inOrder(),
  };
  const { uploads, power, generalized, failures, osSecrets, reports, copies } = parts;
  const facts = [uploads, power, generalized, failures, osSecrets, reports, copies];
  forgetOrphans({ volumes, sas, blobs }, facts, (id) => world.store.get(id) !== undefined);
  settleAll(parts);
  return {
    provider: computeProvider(parts),
    service: createDiskDataPlane({
      clock: world.clock,
      guid: world.guid,
      tokens,
      tenantId: world.tenantId,
      access: world.access,
      sas,
      blobs,
      throttle,
      version: volumes.version,
      modified: volumes.modified,
      facts: (id) => {
        const properties = world.store.get(id)?.properties;
        if (!properties) return undefined;
        return {
          familyId: text(properties, 'incrementalSnapshotFamilyId') ?? text(properties, 'familyId'),
          sizeBytes: volumes.size(id),
          created: text(properties, 'timeCreated') ?? '',
          policy: {
            networkAccessPolicy: text(properties, 'networkAccessPolicy'),
            publicNetworkAccess: text(properties, 'publicNetworkAccess'),
            diskAccessId: text(properties, 'diskAccessId'),
          },
          needsToken: text(properties, 'dataAccessAuthMode') === 'AzureActiveDirectory',
        };
      },
      served: disks.countServed,
    }),
    disks,
    exportPeaks: parts.exportPeaks,
    limits,
    machines,
    resume: () => resumeMachines(parts),
    async stop() {
      for (const run of parts.runs.values()) run.abandon();
      await machines.stopAll();
      volumes.close();
    },
  };
}
