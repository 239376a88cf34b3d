import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { StrongroomError } from '../../model/errors.ts';
import { readCheckedText } from './checkedText.ts';
import { damaged, isCode } from './damage.ts';
import { CONFIG } from './layout.ts';
import type { ObjectStore } from '../ports.ts';
import type { Secrets } from './secrets.ts';

export const FORMAT = 'strongroom-repository';
export const FORMAT_VERSION = 1;
export const BLOCK_SIZE = 256 * 1024;
export const FAN_OUT = 256;

const MIN_BLOCK = 4 * 1024;
const MAX_BLOCK = 4 * 1024 * 1024;

/** `strongroom.json` (docs/format.md, 4.1). */
export const configSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(FORMAT_VERSION),
  id: z.uuid(),
  blockSize: z
    .number()
    .int()
    .min(MIN_BLOCK)
    .max(MAX_BLOCK)
    .refine((size) => Number.isInteger(Math.log2(size)), 'a power of two'),
  fanOut: z.number().int().min(2).max(4096),
  created: z.string(),
  mac: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Config = z.infer<typeof configSchema>;

const anyVersionSchema = z.object({ format: z.literal(FORMAT), version: z.number().int() });

export function configMac(config: Omit<Config, 'mac'>, secrets: Secrets): string {
  const { format, version, id, blockSize, fanOut, created } = config;
  return secrets.configMac([format, version, id, blockSize, fanOut, created].join('\n'));
}

/** Whether the configuration was written by a holder of this master key, and the key therefore is this repository's. */
export function isOwnConfig(config: Config, secrets: Secrets): boolean {
  return timingSafeEqual(Buffer.from(config.mac, 'hex'), Buffer.from(configMac(config, secrets), 'hex'));
}

/** @throws REPOSITORY_UNKNOWN (none there, or of a newer version), REPOSITORY_DAMAGED */
export async function readConfig(store: ObjectStore): Promise<Config> {
  const { data } = await store.get(CONFIG).catch((cause: unknown) => {
    if (!isCode(cause, 'NOT_FOUND')) throw cause;
    throw new StrongroomError(
      'REPOSITORY_UNKNOWN',
      `There is no repository at ${store.location}: it has no ${CONFIG}. Create one, or check the address.`,
      { cause },
    );
  });
  const document = readCheckedText(data);
  const head = anyVersionSchema.safeParse(document);
  if (head.success && head.data.version > FORMAT_VERSION) {
    throw new StrongroomError(
      'REPOSITORY_UNKNOWN',
      `The repository at ${store.location} has format version ${head.data.version}; this release knows up to ` +
        `${FORMAT_VERSION}. Use a newer release.`,
    );
  }
  const config = configSchema.safeParse(document);
  if (!config.success) throw damaged(CONFIG, 'is altered or truncated', config.error);
  return config.data;
}
