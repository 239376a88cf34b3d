/** A virtual machine size. */
export interface Size {
  name: string;
  family: string;
  vCPUs: number;
  memoryGB: number;
  tempDiskMiB: number;
  maxDataDisks: number;
}

/** Sizes that this local Azure offers, in every region: a few of the common series, with their published numbers. */
export const SIZES: Size[] = [
  ...[2, 4, 8, 16, 32].map((n) => size(`Standard_D${n}ds_v5`, 'standardDDSv5Family', n, n * 4, n * 37.5)),
  ...[2, 4, 8, 16, 32].map((n) => size(`Standard_D${n}s_v5`, 'standardDSv5Family', n, n * 4, 0)),
  ...[2, 4, 8, 16, 32].map((n) => size(`Standard_D${n}s_v3`, 'standardDSv3Family', n, n * 4, n * 8)),
  ...[2, 4, 8, 16].map((n) => size(`Standard_E${n}s_v5`, 'standardESv5Family', n, n * 8, 0)),
  ...[2, 4, 8, 16].map((n) => size(`Standard_D${n}ds_v6`, 'StandardDdsv6Family', n, n * 4, n * 55)),
  size('Standard_DS1_v2', 'standardDSv2Family', 1, 3.5, 7, 4),
  size('Standard_DS2_v2', 'standardDSv2Family', 2, 7, 14, 8),
  size('Standard_DS3_v2', 'standardDSv2Family', 4, 14, 28, 16),
  size('Standard_B1s', 'standardBSFamily', 1, 1, 4),
  size('Standard_B1ms', 'standardBSFamily', 1, 2, 4),
  size('Standard_B2s', 'standardBSFamily', 2, 4, 8),
  ...[2, 4, 8].map((n) => size(`Standard_B${n}ms`, 'standardBSFamily', n, n * 4, n * 8)),
];

function size(
  name: string,
  family: string,
  vCPUs: number,
  memoryGB: number,
  tempGiB: number,
  maxDataDisks = vCPUs * 2,
): Size {
  return { name, family, vCPUs, memoryGB, tempDiskMiB: tempGiB * 1024, maxDataDisks: Math.min(maxDataDisks, 32) };
}

/** The size of that name, whatever its casing. */
export function sizeOf(name: string | undefined): Size | undefined {
  return SIZES.find((size) => size.name.toLowerCase() === name?.toLowerCase());
}

/** A size as `vmSizes` lists it. */
export function listedSize(size: Size): Record<string, unknown> {
  return {
    name: size.name,
    numberOfCores: size.vCPUs,
    osDiskSizeInMB: 1_047_552,
    resourceDiskSizeInMB: size.tempDiskMiB,
    memoryInMB: size.memoryGB * 1024,
    maxDataDiskCount: size.maxDataDisks,
  };
}
