import type { Logger } from 'pino';
import type { DiskReader, DiskWriter } from '../../azure/diskData.ts';
import type { AddressesOf } from '../../azure/hostNames.ts';
import type { Progress } from '../../model/messages.ts';
import type { KeyWrapper, ObjectStore } from '../../repository/ports.ts';
import type { Grants } from '../grants.ts';
import type { Repositories } from '../repositories.ts';

/** What jobs reach outside the process. */
export interface World {
  /** In a `private` one no disk is read or written at a public address. */
  network: 'private' | 'public';
  addressesOf: AddressesOf;
  /** A repository's container. */
  store(url: string): ObjectStore;
  wrapper(keyId: string): KeyWrapper;
  repositories: Repositories;
  /** The data of a snapshot behind a read export URL. */
  reader(sas: string): DiskReader;
  /** An empty disk behind a write export URL. */
  writer(sas: string): DiskWriter;
  random(bytes: number): Buffer;
  /** ISO 8601 UTC. */
  now(): string;
}

/** What one run of a job has. */
export interface JobContext {
  world: World;
  signal: AbortSignal;
  grants: Grants;
  /** Call it as often as there is news: it is thinned out on its way. */
  report(progress: Progress): void;
  log: Logger;
}
