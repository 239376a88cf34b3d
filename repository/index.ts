/**
 * The backup format (docs/format.md): what a store of objects and a key are to restore points. Enters: bytes of disk
 * images and points. Never leaves: the master key. Knows nothing of Azure: stores and key wrapping come in through ports.ts.
 */
export { createRepository, openRepository } from './repository.ts';
export type { CreateOptions, Repository } from './repository.ts';
export type { Keys, KeySlot, NewKey } from './keys/keys.ts';
export type { Unlock } from './keys/unlock.ts';
export type { PruneOptions, PruneProgress, PruneResult } from './prune/prune.ts';
export type { Writer } from './write/writer.ts';
export type { ImageInput, StreamInput } from './write/imageWriter.ts';
export type { ImageReader } from './read/image.ts';
export { verifyWithoutKey } from './verify/verify.ts';
export type * from './verify/report.ts';
export type { RepositoryStats } from './stats/stats.ts';
export type { Extent } from '../model/extents.ts';
export { folderStore } from './stores/folderStore.ts';
export { memoryStore } from './stores/memoryStore.ts';
export { serveNbd } from './nbd/server.ts';
export type { NbdExport, NbdOptions, NbdServer } from './nbd/server.ts';
