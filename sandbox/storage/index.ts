import { join } from 'node:path';
import type { ArmWorld, Provider } from '../arm/types.ts';
import type { Service, Tokens } from '../core/types.ts';
import { startAzurite } from './azurite/process.ts';
import { createDataPlane } from './dataPlane.ts';
import { createStorageService } from './front/service.ts';
import { startLifecycle } from './lifecycle/run.ts';
import { storageProvider } from './provider/index.ts';
import { rulesOf } from './rules.ts';
import { createSecrets } from './secrets.ts';

/** Storage accounts: their resource provider, and their data plane under production host names. */
export interface Storage {
  /** Microsoft.Storage */
  provider: Provider;
  /** `<account>.blob|queue|table.core.windows.net` */
  service: Service;
  /** Executes the lifecycle rules of all accounts, as the service does once a day. */
  runLifecycle(): Promise<void>;
  /** Id of the process that holds the data. It is started again when it dies. */
  processId(): number;
  stop(): Promise<void>;
}

/**
 * Starts storage. Data lies below `dir`; started again on the same folder and state, everything is there.
 * @param options.guestEnv environment that gives a child process the sandbox's clock ({@link Edge.guestEnv})
 */
export async function startStorage(options: {
  world: ArmWorld;
  tokens: Tokens;
  dir: string;
  guestEnv: Record<string, string>;
}): Promise<Storage> {
  const { world, tokens, dir, guestEnv } = options;
  const secrets = createSecrets(world);
  const azurite = await startAzurite({ dir: join(dir, 'azurite'), seed: secrets.seed }, guestEnv);
  const dataPlane = createDataPlane({
    ports: azurite.ports,
    tokens,
    rules: (account, kind, container) => rulesOf(world, secrets, { account, kind, container }),
  });
  const lifecycle = startLifecycle(world, dataPlane);
  return {
    provider: storageProvider({ secrets, dataPlane }),
    service: createStorageService({ world, tokens, secrets, azurite }),
    runLifecycle: lifecycle.run,
    processId: azurite.pid,
    async stop() {
      await lifecycle.stop();
      await azurite.stop();
    },
  };
}
