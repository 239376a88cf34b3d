import type { ArmWorld } from '../../arm/types.ts';
import type { Tokens } from '../../core/types.ts';
import type { Azurite } from '../azurite/process.ts';
import type { Secrets } from '../secrets.ts';
import type { AccessControl } from './access.ts';

/** What the front needs to answer. */
export interface StorageParts {
  world: ArmWorld;
  tokens: Tokens;
  secrets: Secrets;
  azurite: Pick<Azurite, 'ports' | 'ready'>;
  access: AccessControl;
}
