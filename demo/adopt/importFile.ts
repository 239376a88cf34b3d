import type { ImportFile, ImportedResource } from '../../sandbox/pulumi/index.ts';
import type { Declared } from './declaration.ts';

/**
 * The file for `pulumi import --file` that takes what one declaration has beyond another into the stack of the other:
 * components first, parents and providers that the stack has by way of the name table. Pure.
 * @param missing ARM ids of what does not exist, and so cannot be imported; what lies under them neither
 */
export function importFileOf(
  declared: Declared,
  known: readonly { urn: string }[],
  missing: readonly string[] = [],
): ImportFile {
  const there = new Set(known.map(({ urn }) => urn));
  const fresh = declared
    .filter(({ urn, type }) => !there.has(urn) && !type.startsWith('pulumi:'))
    .filter(({ id }) => !missing.some((gone) => isUnder(id, gone)));
  const byUrn = new Map(declared.map((resource) => [resource.urn, resource]));
  const names = uniqueNames(fresh);
  const nameTable: Record<string, string> = {};
  const referenceTo = (urn: string | undefined): string | undefined => {
    const referred = urn === undefined ? undefined : byUrn.get(urn);
    if (!urn || !referred || referred.type === 'pulumi:pulumi:Stack') return undefined;
    const beside = names.get(urn);
    if (beside !== undefined) return beside;
    nameTable[referred.name] = urn;
    return referred.name;
  };
  const resources = fresh
    .toSorted((a, b) => Number(a.custom) - Number(b.custom))
    .map(({ urn, type, name, custom, id, parent, provider, inputs }): ImportedResource => {
      const unique = names.get(urn)!;
      return {
        type,
        name: unique,
        ...(unique !== name && { logicalName: name }),
        ...(custom ? { id, properties: Object.keys(inputs) } : { component: true }),
        ...withValue('parent', referenceTo(parent)),
        ...withValue('provider', referenceTo(provider)),
      };
    });
  return { nameTable, resources };
}

function withValue<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

/** Whether an ARM id is the other or lies below it. */
function isUnder(id: string, above: string): boolean {
  const [low, high] = [id.toLowerCase(), above.toLowerCase()];
  return low === high || low.startsWith(`${high}/`);
}

/** A name in the file for each URN: the logical one, unless another type has it too. */
function uniqueNames(resources: Declared): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    resources.map(({ urn, name, type }) => {
      const unique = taken.has(name) ? `${name}-${type.split(':').at(-1)!.toLowerCase()}` : name;
      taken.add(unique);
      return [urn, unique];
    }),
  );
}
