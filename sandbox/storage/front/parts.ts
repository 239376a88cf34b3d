import type { IncomingMessage } from 'node:http';
import type { ArmResource, ArmWorld } from '../../arm/types.ts';
import type { RequestContext, Tokens } from '../../core/types.ts';
import type { Azurite } from '../azurite/process.ts';
import type { StorageKind } from '../contents.ts';
import type { Secrets } from '../secrets.ts';
import type { Operation } from './operation.ts';

/** What the front needs to answer. */
export interface StorageParts {
  world: ArmWorld;
  tokens: Tokens;
  secrets: Secrets;
  azurite: Pick<Azurite, 'ports' | 'ready'>;
}

/** One request to an account's service, or one of the requests in a batch. */
export interface Exchange {
  request: Pick<IncomingMessage, 'method' | 'headers'>;
  context: RequestContext;
  account: ArmResource;
  kind: StorageKind;
  url: URL;
  operation: Operation;
}
