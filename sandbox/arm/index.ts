import { createFaults, type Faults } from '../core/faults.ts';
import { openState, type State } from '../core/state.ts';
import type { Service, Tokens } from '../core/types.ts';
import { createOperations, type OperationPace } from './operations.ts';
import { createPaths } from './paths.ts';
import { providers } from './providers/index.ts';
import { findIdentity } from './providers/managedIdentity/identities.ts';
import { createResourceGraph } from './providers/resourceGraph/index.ts';
import { createDeployments } from './providers/resources/deployments/deployments.ts';
import { createResources } from './providers/resources/index.ts';
import { createRegistry } from './registry.ts';
import { createRouter } from './router.ts';
import { createService } from './service.ts';
import { createThrottle, defaultLimits, type RequestKind, type RequestLimit } from './throttle.ts';
import type { ArmWorld, Provider } from './types.ts';
import { createWorld, type WorldOptions } from './world.ts';

/** State absent: the world forgets. Faults absent: nothing goes wrong. */
export interface ArmOptions extends Omit<WorldOptions, 'state' | 'faults'> {
  tokens: Tokens;
  state?: State;
  faults?: Faults;
}

/** Azure Resource Manager of a world. */
export interface Arm {
  /** Answers for management.azure.com. */
  service: Service;
  world: ArmWorld;
  /** Adds a provider. Those of `providers/` are there from the start. */
  register(provider: Provider): void;
  /** User-assigned identities, by any of their names. */
  identities: { find(selector: Parameters<typeof findIdentity>[1]): ReturnType<typeof findIdentity> };
  /** What tests turn: page size of lists, pace of operations, request limits. */
  settings: { pageSize: number; limits: Record<RequestKind, RequestLimit> } & OperationPace;
  /** Resolves when no long-running operation is under way. */
  idle(): Promise<void>;
}

/** Builds a world's ARM with the providers of this folder; compute, storage and key vault are registered from outside. */
export function createArm(options: ArmOptions): Arm {
  const world = createWorld({
    ...options,
    state: options.state ?? openState(),
    faults: options.faults ?? createFaults(),
  });
  const settings = { pageSize: 1000, holdMs: 2000, extraPolls: 0, limits: structuredClone(defaultLimits) };
  const registry = createRegistry();
  const operations = createOperations(world, settings);
  const router = createRouter({
    world,
    registry,
    paths: createPaths(registry, world.store),
    operations,
    pageSize: () => settings.pageSize,
  });
  registry.register(createResources(registry));
  registry.register(createDeployments(registry, world, (request) => router.dispatch(request)));
  registry.register(createResourceGraph(registry));
  for (const provider of providers) registry.register(provider);
  return {
    service: createService({
      world,
      tokens: options.tokens,
      router,
      throttle: createThrottle(world.clock, settings.limits),
    }),
    world,
    register: registry.register,
    identities: { find: (selector) => findIdentity(world.store, selector) },
    settings,
    idle: operations.idle,
  };
}
