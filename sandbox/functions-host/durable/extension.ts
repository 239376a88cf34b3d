/** Replay schemas as durable-functions numbers them; V4 has entity locks. */
export type ReplaySchema = 2 | 3;

/** What today's extension bundles have, as far as an app can see: replay schema V3. */
export const DEFAULT_EXTENSION_VERSION = '3.12.0';

/**
 * The newest replay schema of a version of Microsoft.Azure.WebJobs.Extensions.DurableTask.
 * @throws Error when this host does not mirror that version
 */
export function replaySchema(version: string): ReplaySchema {
  const match = /^3\.(\d+)\.\d+$/.exec(version);
  if (!match) {
    throw new Error(
      `durableExtensionVersion "${version}" is not one that this host mirrors: a version 3.x.y, ` +
        `${DEFAULT_EXTENSION_VERSION} by default, 3.13.0 or later for entity locks.`,
    );
  }
  return Number(match[1]) >= 13 ? 3 : 2;
}
