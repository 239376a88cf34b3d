import { invalidParameter } from '../errors.ts';
import { text } from '../fields.ts';
import type { Json } from '../fields.ts';

/** SKUs of managed disks and their tiers (DiskStorageAccountTypes). */
const TIERS: Record<string, string> = {
  Standard_LRS: 'Standard',
  StandardSSD_LRS: 'Standard',
  StandardSSD_ZRS: 'Standard',
  Premium_LRS: 'Premium',
  Premium_ZRS: 'Premium',
  PremiumV2_LRS: 'Premium',
  UltraSSD_LRS: 'Ultra',
};

/** Sizes in which Premium SSD, Standard SSD and Standard HDD disks are sold: number, GiB; IOPS and MB/s of Premium SSD. */
export const DISK_SIZES = [
  [1, 4, 120, 25],
  [2, 8, 120, 25],
  [3, 16, 120, 25],
  [4, 32, 120, 25],
  [6, 64, 240, 50],
  [10, 128, 500, 100],
  [15, 256, 1100, 125],
  [20, 512, 2300, 150],
  [30, 1024, 5000, 200],
  [40, 2048, 7500, 250],
  [50, 4096, 7500, 250],
  [60, 8192, 16000, 500],
  [70, 16384, 18000, 750],
  [80, 32767, 20000, 900],
] as const;

/** Disks whose performance is set, whose sectors may have 4096 bytes, and whose snapshots are copied in the background. */
export function isProvisioned(sku: string | undefined): boolean {
  return sku === 'PremiumV2_LRS' || sku === 'UltraSSD_LRS';
}

/** A disk's `sku` as Azure shows it. @throws ArmError 400 InvalidParameter */
export function diskSku(asked: unknown): { name: string; tier: string } {
  const name = text(asked, 'name') ?? 'Standard_LRS';
  const tier = TIERS[name];
  if (!tier) {
    throw invalidParameter(
      'sku.name',
      `The value '${name}' of parameter 'sku.name' is invalid. Supported values are: ${Object.keys(TIERS).join(', ')}.`,
    );
  }
  return { name, tier };
}

/** Performance tier, IOPS and MB/s of a disk as it is sold. */
export function performance(sku: string, sizeGB: number, asked: Json): Json {
  const given = { ...pick(asked, 'diskIOPSReadWrite'), ...pick(asked, 'diskMBpsReadWrite') };
  if (sku === 'PremiumV2_LRS') return { diskIOPSReadWrite: 3000, diskMBpsReadWrite: 125, ...given };
  if (sku === 'UltraSSD_LRS') return { diskIOPSReadWrite: Math.max(100, sizeGB), diskMBpsReadWrite: 25, ...given };
  if (!sku.startsWith('Premium')) {
    const large = sizeGB > 4096;
    return {
      diskIOPSReadWrite: large ? 2000 : 500,
      diskMBpsReadWrite: large ? 500 : sku === 'Standard_LRS' ? 60 : 100,
    };
  }
  const tier = text(asked, 'tier') ?? smallestTier(sizeGB);
  const row = DISK_SIZES.find(([number]) => tier === `P${number}`);
  return { tier, diskIOPSReadWrite: row?.[2] ?? 120, diskMBpsReadWrite: row?.[3] ?? 25 };
}

/** The Premium SSD tier that a disk of that size begins with. */
export function smallestTier(sizeGB: number): string {
  return `P${(DISK_SIZES.find(([, gib]) => gib >= sizeGB) ?? DISK_SIZES.at(-1)!)[0]}`;
}

function pick(from: Json, name: string): Json {
  return from[name] == null ? {} : { [name]: from[name] };
}
