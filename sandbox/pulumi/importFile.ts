import type { ImportedState } from './changes.ts';
import { ApplyError } from './evaluate.ts';
import type { Inputs, Operations } from './operation.ts';
import { urnOf } from './registration.ts';
import { importResource, operationOf } from './resource.ts';
import type { Kept, StackChange } from './stack.ts';

/** The file of `pulumi import --file` (Pulumi: "Importing resources", bulk import operations). */
export interface ImportFile {
  /** URNs of parents and providers that the stack has, by the names that resources use for them. */
  nameTable?: Record<string, string>;
  resources?: ImportedResource[];
}

export interface ImportedResource {
  type: string;
  /** The name by which others in the file call it, and its own unless `logicalName` says another. */
  name: string;
  logicalName?: string;
  /** ARM id; components have none. */
  id?: string;
  parent?: string;
  provider?: string;
  component?: boolean;
  /** Inputs that Pulumi is to take over; here the program alone says which are compared. */
  properties?: string[];
}

export interface ImportOptions {
  project: string;
  stack: string;
  file: ImportFile;
  /** Whether what is imported is protected until a program says otherwise; Pulumi's default is yes. */
  protect: boolean;
  /** Of the default provider. */
  subscriptionId: string;
  entries: Kept[];
  operations(subscriptionId: string): Operations;
  change(change: StackChange): void;
}

/**
 * Takes resources that exist into a stack. Nothing of Azure is changed, and nothing is taken when one of them cannot be.
 * @returns their URNs
 * @throws ApplyError naming each that is in the stack already, does not exist, or names a parent or provider that nobody knows
 */
export async function importResources(options: ImportOptions): Promise<string[]> {
  const { project, stack, file, subscriptionId, operations } = options;
  const known = new Map(options.entries.map((entry) => [entry.urn, entry]));
  const resources = file.resources ?? [];
  const nameTable = file.nameTable ?? {};
  const byName = new Map(resources.map((resource) => [resource.name, resource]));

  const resolve = (reference: string, what: string, of: ImportedResource): string => {
    const urn = nameTable[reference];
    if (urn !== undefined) return urn;
    const beside = byName.get(reference);
    if (!beside || beside === of)
      throw new Error(`the ${what} '${reference}' of resource '${of.name}' has no entry in 'nameTable'`);
    return urnIn(beside);
  };
  const urnIn = (resource: ImportedResource): string => {
    const parent = resource.parent === undefined ? undefined : resolve(resource.parent, 'parent', resource);
    return urnOf(stack, project, parent, resource.type, resource.logicalName ?? resource.name);
  };
  const inFile = new Set(resources.flatMap((resource) => attempt(() => urnIn(resource)) ?? []));

  const taken = async (resource: ImportedResource): Promise<Kept> => {
    const urn = urnIn(resource);
    if (known.has(urn)) throw new Error(`resource '${urn}' already exists`);
    const parent = resource.parent === undefined ? undefined : resolve(resource.parent, 'parent', resource);
    if (parent !== undefined && !known.has(parent) && !inFile.has(parent)) {
      throw new Error(`unknown parent '${parent}' for resource '${urn}'`);
    }
    const provider = resource.provider === undefined ? undefined : resolve(resource.provider, 'provider', resource);
    const explicit = provider === undefined ? undefined : known.get(provider);
    if (provider !== undefined && !explicit) throw new Error(`unknown provider '${provider}' for resource '${urn}'`);
    const base = {
      ...{ urn, type: resource.type, name: resource.logicalName ?? resource.name, parent, provider },
      ...{ dependsOn: [], propertyDependencies: {}, protect: options.protect, retainOnDelete: false },
      subscriptionId: explicit?.subscriptionId ?? subscriptionId,
    };
    if (resource.component) return { ...base, custom: false, id: '', inputs: {}, outputs: {}, protect: false };
    const { id } = resource;
    if (!id) throw new Error(`resource '${resource.name}' has no id`);
    const operation = operationOf(operations(base.subscriptionId), resource.type);
    const { state, imported } = await importResource(operation, id);
    return { ...base, custom: true, id: String(state.id), inputs: pathInputs(imported), outputs: state, imported };
  };

  const failures: { urn: string; message: string }[] = [];
  const entries = await Promise.all(
    resources.map((resource) =>
      taken(resource).catch((error: Error) => {
        failures.push({ urn: resource.name, message: error.message });
        return undefined;
      }),
    ),
  );
  if (failures.length > 0) throw new ApplyError(failures);
  const kept = entries.filter((entry) => entry !== undefined);
  for (const entry of kept) options.change({ keep: entry });
  return kept.map(({ urn }) => urn);
}

/** What is wrong with one is told when its turn comes. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function pathInputs({ segments }: ImportedState): Inputs {
  return Object.fromEntries(Object.entries(segments).filter(([key]) => key !== 'subscriptionId'));
}
