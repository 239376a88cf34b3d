import { join } from 'node:path';
import type { ArmWorld, Provider } from '../arm/types.ts';
import type { Service, Tokens } from '../core/types.ts';
import { createDiskDataPlane } from './disks/dataPlane.ts';
import { createDiskWorld } from './disks/diskWorld.ts';
import type { DiskWorld } from './disks/diskWorld.ts';
import { createExportThrottle } from './disks/exportRate.ts';
import type { ExportRate } from './disks/exportRate.ts';
import { forgetOrphans } from './disks/orphans.ts';
import { createDiskSas } from './disks/sas.ts';
import { createVhdBlobs } from './disks/vhdBlobs.ts';
import { createVolumes } from './disks/volumes.ts';
import { createMachines } from './machines/machines.ts';
import type { CallerPorts, Machines } from './machines/machines.ts';
import { number, text } from './provider/fields.ts';
import { computeProvider } from './provider/index.ts';
import type { ComputeLimits, ComputeParts } from './provider/parts.ts';

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
  limits?: Partial<ComputeLimits>;
  /** What the disks' data plane gives before it answers 503; default: unlimited. `disks.setExportRate` changes it. */
  exportRate?: ExportRate;
}

export interface Compute {
  /** Microsoft.Compute */
  provider: Provider;
  /** `md-<id>.z<nn>.blob.storage.azure.net` */
  service: Service;
  disks: DiskWorld;
  /** What may be turned at any time. */
  limits: ComputeLimits;
  machines: Machines;
  /** Ends all machines and closes the disks' files. */
  stop(): Promise<void>;
}

/** Azure's compute: the resource provider, the disks' data plane, and the machines that run. */
export function createCompute(options: ComputeOptions): Compute {
  const { world, dir, tokens } = options;
  const volumes = createVolumes(join(dir, 'disks'), world.state, world.clock);
  const sas = createDiskSas(world.clock, world.guid, world.state.map('disks.sas'));
  const machines = createMachines(join(dir, 'machines'), options.edge);
  const throttle = createExportThrottle(world.clock, options.exportRate ?? 'unlimited');
  const disks = createDiskWorld(world, volumes, throttle);
  const fact = (id: string, name: string) => text(world.store.get(id)?.properties, name);
  const blobs = createVhdBlobs(volumes, world.state.map('disks.uploads'), (id) => ({
    created: Date.parse(fact(id, 'timeCreated') ?? world.clock.iso()),
    uniqueId: fact(id, 'uniqueId') ?? '',
  }));
  forgetOrphans({ volumes, sas, blobs }, (id) => world.store.get(id) !== undefined);
  const parts: ComputeParts = {
    world,
    volumes,
    sas,
    blobs,
    machines,
    limits: { snapshotsPerFiveMinutes: 7, ...options.limits },
    imageDisk: options.imageDisk,
    uploads: new Map(),
    power: new Map(),
    runs: new Map(),
    families: new Map(),
    snapshotTimes: new Map(),
  };
  return {
    provider: computeProvider(parts),
    service: createDiskDataPlane({
      clock: world.clock,
      guid: world.guid,
      tokens,
      tenantId: world.tenantId,
      sas,
      blobs,
      throttle,
      version: volumes.version,
      modified: volumes.modified,
      facts: (id) => {
        const properties = world.store.get(id)?.properties;
        if (!properties) return undefined;
        return {
          familyId: text(properties, 'incrementalSnapshotFamilyId'),
          sizeBytes: number(properties, 'diskSizeBytes') ?? 0,
          created: text(properties, 'timeCreated') ?? '',
          needsToken: text(properties, 'dataAccessAuthMode') === 'AzureActiveDirectory',
        };
      },
      served: disks.countServed,
    }),
    disks,
    limits: parts.limits,
    machines,
    async stop() {
      await machines.stopAll();
      volumes.close();
    },
  };
}
