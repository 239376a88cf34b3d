import { AsyncLocalStorage } from 'node:async_hooks';
import { pathToFileURL } from 'node:url';
import * as pulumi from '@pulumi/pulumi';
import type { Created } from './create.ts';

export interface ProgramRequest {
  /** Path of the program's entry module. */
  program: string;
  project: string;
  stack: string;
  /** Stack configuration as `pulumi config set` takes it: a key without a colon belongs to the project. */
  config: Record<string, string>;
}

export interface Applied {
  outputs: Record<string, unknown>;
  resources: { urn: string; type: string; id: string }[];
}

/** What the program asks to exist. `type` is a resource type token such as `azure-native:storage:StorageAccount`. */
export interface Wanted {
  urn: string;
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** A resource of the program could not be created: every failure is named by URN. */
export class ApplyError extends Error {
  readonly failures: { urn: string; message: string }[];
  constructor(failures: { urn: string; message: string }[]) {
    super(failures.map(({ urn, message }) => `${urn}: ${message}`).join('\n'));
    this.name = 'ApplyError';
    this.failures = failures;
  }
}

/**
 * Runs a Pulumi program in Pulumi's own Node runtime. The engine's place is taken by the runtime's mock monitor, whose
 * answer to a registration is awaited: inputs, Output dependencies and `dependsOn` order the calls as in a deployment.
 * After the first failure nothing new is created; what runs is awaited, then everything that failed is thrown.
 *
 * Uses process-wide state of the runtime: one evaluation per process.
 */
export async function evaluateProgram(
  request: ProgramRequest,
  create: (wanted: Wanted) => Promise<Created>,
): Promise<Applied> {
  const urns = new AsyncLocalStorage<string>();
  const failures: { urn: string; message: string }[] = [];
  const resources: Applied['resources'] = [];
  const failed = Promise.withResolvers<never>();
  let running = 0;

  // A rejected registration would only make noise in everything that depends on it; one that never ends holds it back.
  const never = new Promise<never>(() => {});
  const guarded = async (urn: string, work: () => Promise<Created>): Promise<Created> => {
    if (failures.length > 0) return never;
    running += 1;
    let created: Created | undefined;
    try {
      created = await work();
    } catch (error) {
      failures.push({ urn, message: error instanceof Error ? error.message : String(error) });
    }
    running -= 1;
    if (failures.length > 0 && running === 0) failed.reject(new ApplyError(failures));
    return created ?? never;
  };

  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs, custom, id }) => {
        const plain = unsealed(inputs) as Record<string, unknown>;
        if (!custom || type.startsWith('pulumi:')) return { id: custom ? name : '', state: plain };
        const urn = urns.getStore() ?? `${type}::${name}`;
        return guarded(urn, async () => {
          if (id) throw new Error('reading or importing an existing resource is not supported.');
          if (resources.some((resource) => resource.urn === urn)) throw new Error('two resources have this URN.');
          const resource = { urn, type, id: '' };
          resources.push(resource);
          const created = await create({ urn, type, name, inputs: plain });
          resource.id = created.id;
          return created;
        });
      },
      call: async ({ token }) =>
        guarded(token, () => Promise.reject(new Error('function calls are not supported; the program asks for it.'))),
    },
    request.project,
    request.stack,
  );
  nameRegistrations(urns);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(request.config).map(([key, value]) => [
        key.includes(':') ? key : `${request.project}:${key}`,
        value,
      ]),
    ),
  );

  const run = async () => {
    const outputs = (await pulumi.runtime.runInPulumiStack(() => loadProgram(request.program))) as Applied['outputs'];
    await pulumi.runtime.disconnect();
    return { outputs, resources };
  };
  return Promise.race([run(), failed.promise]);
}

/** As `pulumi up` does: the default export if there is one, called if it is a function, else the named exports. */
async function loadProgram(program: string): Promise<unknown> {
  const module = (await import(pathToFileURL(program).href)) as { default?: unknown };
  const exported = 'default' in module ? module.default : { ...module };
  return typeof exported === 'function' ? await (exported as () => unknown)() : exported;
}

/** What is used of the runtime's MockMonitor beyond its typings. */
interface Monitor {
  registerResource(
    request: { getParent(): string; getType(): string; getName(): string },
    callback: unknown,
  ): Promise<void>;
  newUrn(parent: string, type: string, name: string): string;
}

/** The mocks are not told a resource's URN, which its parents belong to; the monitor knows it. */
function nameRegistrations(urns: AsyncLocalStorage<string>): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    urns.run(monitor.newUrn(request.getParent(), request.getType(), request.getName()), () =>
      register(request, callback),
    );
}

/** Secrets come wrapped; the wire wants what is inside. */
function unsealed(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return unsealed(pulumi.runtime.unwrapRpcSecret(value));
  if (Array.isArray(value)) return value.map(unsealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unsealed(inner)]));
}
