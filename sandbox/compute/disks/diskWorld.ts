import type { ArmWorld } from '../../arm/types.ts';
import type { ExportRate, ExportThrottle } from './exportRate.ts';
import { importImage } from './imageFile.ts';
import type { ImageFacts } from './imageFile.ts';
import type { Volumes } from './volumes.ts';

const GIB = 1024 ** 3;

/**
 * Disks from the inside, by ARM id: what a guest's operating system reads and writes, and what a scenario puts on
 * them. Snapshots can be read too.
 */
export interface DiskWorld {
  size(diskId: string): number;
  read(diskId: string, offset: number, length: number): Promise<Buffer>;
  write(diskId: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** Discards a range, as TRIM does; sector-aligned. */
  clear(diskId: string, offset: number, length: number): void;
  /** SHA-256, hex, of the whole content at the call or of its first `length` bytes. */
  sha256(diskId: string, length?: number): Promise<string>;
  /** Bytes that hold data; the rest are holes. */
  allocatedBytes(diskId: string): number;
  /** Makes an image file the content of a disk, which takes its size, in ARM too. */
  import(diskId: string, file: string): Promise<ImageFacts>;
  /** Data bytes sent through SAS by ranged and whole reads, since the last reset; of one resource, or of all. */
  bytesServed(resourceId?: string): number;
  resetBytesServed(): void;
  /** Gives one disk's or snapshot's data plane a rate of its own, which `limits.exportRate` is for all others. */
  setExportRate(resourceId: string, rate: ExportRate | undefined): void;
}

/** The world of disks, and the counter that the data plane feeds. */
export function createDiskWorld(
  world: ArmWorld,
  volumes: Volumes,
  throttle: ExportThrottle,
): DiskWorld & { countServed(id: string, bytes: number): void } {
  const served = new Map<string, number>();
  return {
    size: (id) => volumes.size(id),
    read: (id, offset, length) => volumes.read(id, offset, length),
    write: (id, offset, bytes) => volumes.write(id, offset, bytes),
    clear: (id, offset, length) => volumes.clear(id, offset, length),
    sha256: (id, length) => volumes.sha256(id, length),
    allocatedBytes(id) {
      let sum = 0;
      for (const { length } of volumes.allocated(id)) sum += length;
      return sum;
    },
    async import(id, file) {
      const facts = await importImage(volumes, id, file);
      const disk = world.store.require(id);
      const size = { diskSizeBytes: facts.diskSizeBytes, diskSizeGB: Math.ceil(facts.diskSizeBytes / GIB) };
      world.store.put({ ...disk, properties: { ...disk.properties, ...size } });
      return facts;
    },
    bytesServed: (id) =>
      id === undefined ? [...served.values()].reduce((sum, n) => sum + n, 0) : (served.get(id.toLowerCase()) ?? 0),
    resetBytesServed: () => served.clear(),
    setExportRate: (id, rate) => throttle.set(id, rate),
    countServed: (id, bytes) => void served.set(id.toLowerCase(), (served.get(id.toLowerCase()) ?? 0) + bytes),
  };
}
