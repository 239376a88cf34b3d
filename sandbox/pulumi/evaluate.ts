import { AsyncLocalStorage } from 'node:async_hooks';
import { pathToFileURL } from 'node:url';
import * as pulumi from '@pulumi/pulumi';
import type { RegisterResourceRequest } from '@pulumi/pulumi/proto/resource_pb.js';
import { described, unsupportedOptions, urnOf } from './registration.ts';
import type { Registered } from './registration.ts';

export interface ProgramRequest {
  /** Path of the program's entry module. */
  program: string;
  project: string;
  stack: string;
  /** Stack configuration as `pulumi config set` takes it: a key without a colon belongs to the project. */
  config: Record<string, string>;
}

/** A resource as Pulumi keeps it: its ARM id and its outputs (azure-native's names: properties stand flat). */
export interface Created {
  id: string;
  state: Record<string, unknown>;
}

/** Resources of the program failed: each is named by URN. */
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
 * After the first failure nothing new is registered; what runs is awaited, then everything that failed is thrown.
 *
 * Uses process-wide state of the runtime: one evaluation per process.
 *
 * @param register brings about what the program asks for: resources, providers and components
 * @returns the stack's outputs
 * @throws ApplyError, or the program's own error
 */
export async function evaluateProgram(
  request: ProgramRequest,
  register: (resource: Registered) => Promise<Created>,
): Promise<Record<string, unknown>> {
  const registrations = new AsyncLocalStorage<{ request: RegisterResourceRequest; urn: string }>();
  const failures: { urn: string; message: string }[] = [];
  const urns = new Set<string>();
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
      newResource: async ({ type, name, inputs }) => {
        const registration = registrations.getStore();
        return guarded(registration?.urn ?? `${type}::${name}`, async () => {
          if (!registration) throw new Error('reading a resource of others is not supported.');
          if (urns.has(registration.urn)) throw new Error('two resources have this URN.');
          urns.add(registration.urn);
          const unsupported = unsupportedOptions(registration.request);
          if (unsupported.length > 0) {
            throw new Error(`resource option ${unsupported.join(', ')} is not supported.`);
          }
          const plain = unsealed(inputs) as Record<string, unknown>;
          return register({ ...described(registration.request, registration.urn), inputs: plain });
        });
      },
      call: async ({ token }) =>
        guarded(token, () => Promise.reject(new Error('function calls are not supported; the program asks for it.'))),
    },
    request.project,
    request.stack,
  );
  nameRegistrations(registrations, request);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(request.config).map(([key, value]) => [
        key.includes(':') ? key : `${request.project}:${key}`,
        value,
      ]),
    ),
  );

  const run = async () => {
    const outputs = await pulumi.runtime.runInPulumiStack(() => loadProgram(request.program));
    await pulumi.runtime.disconnect();
    return outputs as Record<string, unknown>;
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
  registerResource(request: RegisterResourceRequest, callback: unknown): Promise<void>;
  newUrn(parent: string, type: string, name: string): string;
}

/** The mocks are told neither a resource's URN nor its options, and the monitor's URNs know one parent only. */
function nameRegistrations(
  registrations: AsyncLocalStorage<{ request: RegisterResourceRequest; urn: string }>,
  { stack, project }: ProgramRequest,
): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.newUrn = (parent, type, name) => urnOf(stack, project, parent, type, name);
  monitor.registerResource = (request, callback) => {
    const urn = monitor.newUrn(request.getParent(), request.getType(), request.getName());
    return registrations.run({ request, urn }, () => register(request, callback));
  };
}

/** Secrets come wrapped; the wire wants what is inside. */
function unsealed(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return unsealed(pulumi.runtime.unwrapRpcSecret(value));
  if (Array.isArray(value)) return value.map(unsealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unsealed(inner)]));
}
