/**
 * The backup format (docs/format.md): what a store of objects and a key are to restore points. Enters: bytes of disk
 * images and points. Never leaves: the master key. Knows nothing of Azure: stores and key wrapping come in through ports.ts.
 */
export { createRepository, openRepository } from './repository.ts';
export type { CreateOptions, Repository } from './repository.ts';
export type { Writer } from './writer.ts';
export type { ImageReader } from './image.ts';
export type { Extent } from './geometry.ts';
export { folderStore } from './folderStore.ts';
export { memoryStore } from './memoryStore.ts';
