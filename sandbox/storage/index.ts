import { join } from 'node:path';
import type { ArmWorld, Provider } from '../arm/types.ts';
import type { Service, Tokens } from '../core/types.ts';
import { startAzurite } from './azurite/process.ts';
import { createDataPlane } from './dataPlane.ts';
import { createStorageService } from './front/service.ts';
import { storageProvider } from './provider/index.ts';

/** Storage accounts: their resource provider, and their data plane under production host names. */
export interface Storage {
  /** Microsoft.Storage */
  provider: Provider;
  /** `<account>.blob|queue|table.core.windows.net` */
  service: Service;
  stop(): Promise<void>;
}

/**
 * Starts storage. Data lies below `dir` and lives as long as the world.
 * @param options.guestEnv environment that gives a child process the sandbox's clock ({@link Edge.guestEnv})
 */
export async function startStorage(options: {
  world: ArmWorld;
  tokens: Tokens;
  dir: string;
  guestEnv: Record<string, string>;
}): Promise<Storage> {
  const { world, tokens, dir, guestEnv } = options;
  const seed = world.guid();
  const azurite = await startAzurite({ dir: join(dir, 'azurite'), seed }, guestEnv);
  return {
    provider: storageProvider({ seed, dataPlane: createDataPlane(azurite.ports, tokens) }),
    service: createStorageService({ world, tokens, ports: azurite.ports }),
    stop: () => azurite.stop(),
  };
}
