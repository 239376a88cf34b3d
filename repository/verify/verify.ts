import { StrongroomError } from '../../model/errors.ts';
import type { Config } from '../format/config.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import type { Forwards } from '../read/forwards.ts';
import type { MapReader } from '../read/mapReader.ts';
import type { VerifyOptions, VerifyReport, WithoutKeyOptions } from './report.ts';

export interface VerifyContext {
  store: ObjectStore;
  config: Config;
  secrets: Secrets;
  forwards: Forwards;
  maps: MapReader;
  /** The key document as it was opened: what damaged copies are restored from. */
  document(): Buffer;
  random(bytes: number): Buffer;
}

/** @throws CANCELLED, and what the store throws but for what is missing */
export function verifyRepository(_context: VerifyContext, _options: VerifyOptions): Promise<VerifyReport> {
  return Promise.reject(new StrongroomError('UNSUPPORTED', 'Verifying is not built yet.'));
}

/** What can be checked without a key: names, sizes, checksums. @throws REPOSITORY_UNKNOWN, CANCELLED */
export function verifyWithoutKey(_store: ObjectStore, _options: WithoutKeyOptions = {}): Promise<VerifyReport> {
  return Promise.reject(new StrongroomError('UNSUPPORTED', 'Verifying is not built yet.'));
}
