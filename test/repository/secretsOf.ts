import { readConfig } from '../../repository/format/config.ts';
import type { Secrets } from '../../repository/format/secrets.ts';
import { unlock } from '../../repository/keys/unlock.ts';
import type { ObjectStore } from '../../repository/ports.ts';

/** What a recovery key opens: for tests that make objects by hand. */
export async function secretsOf(store: ObjectStore, recoveryKey: string): Promise<Secrets> {
  const config = await readConfig(store);
  return (await unlock(store, config, { kind: 'recovery', key: recoveryKey })).secrets;
}
