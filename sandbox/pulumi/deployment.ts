import { changedPaths, changedSinceImport, covers, replacing, withIgnored } from './changes.ts';
import { ApplyError } from './evaluate.ts';
import type { Created } from './evaluate.ts';
import type { Operation, Operations } from './operation.ts';
import { subscriptionOfProvider } from './providerResource.ts';
import type { Registered } from './registration.ts';
import { createResource, deleteResource, operationOf, updateResource } from './resource.ts';
import { deletionWaves, isResource, keyOf, replacedWith } from './stack.ts';
import type { Kept, StackChange } from './stack.ts';

/** What a deployment did, by URN. */
export interface Steps {
  created: string[];
  updated: string[];
  /** Deleted and created, or the other way round, because no update could bring the change about. */
  replaced: string[];
  unchanged: string[];
  deleted: string[];
}

export interface Deployment {
  steps: Steps;
  /** Brings one resource of the program about. */
  register(resource: Registered): Promise<Created>;
  /** Deletes what the program no longer has, each after what depends on it. @throws ApplyError */
  finish(): Promise<void>;
  /** Resources of the stack as they are now. */
  resources(): Kept[];
}

export interface DeploymentOptions {
  /** Of the default provider. */
  subscriptionId: string;
  /** What the stack had. */
  entries: Kept[];
  operations(subscriptionId: string): Operations;
  change(change: StackChange): void;
}

/**
 * A deployment of a stack, as Pulumi's engine and azure-native make it of what the stack remembers: nothing is asked of
 * Azure about a resource whose inputs are as they were. A replacement deletes first unless told otherwise (azure-native:
 * `Diff`), together with what gets an unchangeable input from it.
 */
export function createDeployment({ subscriptionId, entries, operations, change }: DeploymentOptions): Deployment {
  const stack = new Map(entries.map((entry) => [keyOf(entry), entry]));
  const seen = new Set<string>();
  /** Deleted already, to be created again when the program comes to them. */
  const gone = new Map<string, Kept>();
  const steps: Steps = { created: [], updated: [], replaced: [], unchanged: [], deleted: [] };

  const keep = (entry: Kept) => {
    stack.set(keyOf(entry), entry);
    change({ keep: entry });
  };
  const forget = (entry: Kept) => {
    stack.delete(keyOf(entry));
    change({ forget: keyOf(entry) });
  };
  const operationFor = ({ type, subscriptionId: of }: { type: string; subscriptionId: string }) =>
    operationOf(operations(of), type);
  const unchangeable = (type: string) => {
    const operation = operations(subscriptionId)[type];
    return operation ? [...operation.parameters, 'location', ...operation.replacedBy] : [];
  };

  const remove = async (entry: Kept) => {
    if (isResource(entry) && !entry.retainOnDelete) await deleteResource(operationFor(entry), entry.id);
    forget(entry);
  };

  /** Deletes a resource that is to be replaced, and before it what is replaced with it. */
  const makeRoom = async (old: Kept) => {
    const dependents = replacedWith(old.urn, [...stack.values()], unchangeable);
    const guarded = dependents.find(({ protect }) => protect);
    if (guarded)
      throw new Error(`unable to replace resource "${guarded.urn}"\nas part of replacing "${old.urn}" ${protectedToo}`);
    for (const wave of deletionWaves([...dependents, old])) await Promise.all(wave.map(remove));
    for (const entry of dependents) gone.set(entry.urn, entry);
  };

  const bringAbout = async (wanted: Registered, entry: Omit<Kept, 'id' | 'outputs'>): Promise<Kept> => {
    const operation = operationFor(entry);
    const { urn, options } = wanted;
    const old = stack.get(urn);
    const created = async (): Promise<Kept> => {
      const { id, state } = await createResource(operation, entry.inputs, entry.subscriptionId).catch(
        (error: Error) => {
          throw hinted(error, wanted);
        },
      );
      return { ...entry, id, outputs: state };
    };
    if (!old) {
      const result = await created();
      (gone.has(urn) ? steps.replaced : steps.created).push(urn);
      return result;
    }
    const inputs = withIgnored(old.imported ? wanted.inputs : old.inputs, wanted.inputs, options.ignoreChanges);
    const changed = differences(operation, old, { ...entry, inputs }, options.ignoreChanges);
    if (changed.length === 0) {
      steps.unchanged.push(urn);
      return { ...entry, inputs, id: old.id, outputs: old.outputs };
    }
    if (
      elsewhere(old, entry) ||
      replacing(operation, changed, options, old.imported?.body ?? old.inputs, inputs).length > 0
    ) {
      if (old.protect && options.protect) throw new Error(`unable to replace resource "${urn}"\n${protectedToo}`);
      if (options.deleteBeforeReplace === false) {
        const result = await created();
        keep({ ...old, replaced: true });
        steps.replaced.push(urn);
        return result;
      }
      await makeRoom(old);
      const result = await created();
      steps.replaced.push(urn);
      return result;
    }
    const { id, state } = await updateResource(operation, inputs);
    steps.updated.push(urn);
    return { ...entry, inputs, id, outputs: state };
  };

  return {
    steps,
    async register(wanted) {
      const { urn, type, name, custom, parent, provider, inputs, dependsOn, propertyDependencies, options } = wanted;
      const { protect, retainOnDelete } = options;
      seen.add(urn);
      const explicit = provider === undefined ? undefined : stack.get(provider);
      const entry = {
        ...{
          urn,
          type,
          name,
          custom,
          parent,
          provider,
          inputs,
          dependsOn,
          propertyDependencies,
          protect,
          retainOnDelete,
        },
        subscriptionId: explicit?.subscriptionId ?? subscriptionId,
      };
      if (type.startsWith('pulumi:providers:')) {
        entry.subscriptionId = subscriptionOfProvider(type, inputs, subscriptionId);
      }
      const done = isResource(entry)
        ? await bringAbout(wanted, entry)
        : // A provider's reference needs some id; a component has none.
          { ...entry, id: custom ? name : '', outputs: inputs };
      keep(done);
      return { id: done.id, state: done.outputs };
    },
    async finish() {
      steps.deleted.push(...[...gone.keys()].filter((urn) => !seen.has(urn)));
      const left = [...stack.values()].filter(({ urn, replaced }) => replaced || !seen.has(urn));
      const guarded = left.filter(({ protect, replaced }) => protect && !replaced);
      if (guarded.length > 0) {
        throw new ApplyError(guarded.map(({ urn }) => ({ urn, message: cannotBeDeleted(urn) })));
      }
      for (const wave of deletionWaves(left)) {
        const failures: { urn: string; message: string }[] = [];
        await Promise.all(
          wave.map(async (entry) => {
            try {
              await remove(entry);
              if (isResource(entry) && !entry.replaced && !entry.retainOnDelete) steps.deleted.push(entry.urn);
            } catch (error) {
              failures.push({ urn: entry.urn, message: (error as Error).message });
            }
          }),
        );
        if (failures.length > 0) throw new ApplyError(failures);
      }
    },
    resources: () => [...stack.values()].filter(isResource),
  };
}

/** What is different of a resource, unless the program wants it ignored. */
function differences(
  operation: Operation,
  old: Kept,
  now: Pick<Kept, 'inputs' | 'subscriptionId' | 'provider'>,
  ignored: string[],
): string[] {
  const changed = old.imported
    ? changedSinceImport(operation, old.imported, now.inputs)
    : changedPaths(old.inputs, now.inputs);
  return [
    ...(elsewhere(old, now) ? ['provider'] : []),
    ...changed.filter((path) => !ignored.some((wanted) => covers(wanted, path))),
  ];
}

/** Another provider or subscription is another resource. */
function elsewhere(old: Kept, now: Pick<Kept, 'subscriptionId' | 'provider'>): boolean {
  return old.provider !== now.provider || old.subscriptionId !== now.subscriptionId;
}

/** Adds what to do about a resource that exists. */
function hinted(error: Error, { type, name }: Registered): Error {
  const id = /^cannot create already existing resource '(.*)'$/.exec(error.message)?.[1];
  if (id === undefined) return error;
  return new Error(`${error.message}\nTo take it into the stack: pulumi import '${type}' '${name}' '${id}'`);
}

const protectedToo =
  'as it is currently marked for protection. To unprotect the resource, remove the `protect` flag from the resource in ' +
  'your Pulumi program and run `pulumi up`';

/** In the engine's words. */
function cannotBeDeleted(urn: string): string {
  return (
    `resource "${urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the ` +
    '`protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the command:\n' +
    `\`pulumi state unprotect '${urn}'\``
  );
}
