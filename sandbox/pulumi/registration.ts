import type { RegisterResourceRequest } from '@pulumi/pulumi/proto/resource_pb.js';
import type { Inputs } from './operation.ts';

/** What a program asks to exist: a resource, a provider or a component. */
export interface Registered {
  urn: string;
  /** Token such as `azure-native:storage:StorageAccount`. */
  type: string;
  name: string;
  /** False for components, which exist in the stack only. */
  custom: boolean;
  parent?: string;
  /** URN of the explicit provider. */
  provider?: string;
  inputs: Inputs;
  /** URNs that it depends on in whatever way. */
  dependsOn: string[];
  /** URNs behind each input. */
  propertyDependencies: Record<string, string[]>;
  options: ResourceOptions;
}

/** Resource options that the applier honours. Timeouts, versions and what concerns the display alone are taken and not needed. */
export interface ResourceOptions {
  protect: boolean;
  retainOnDelete: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  /** Undefined: as the provider has it. */
  deleteBeforeReplace?: boolean;
}

/** URN of a resource: its type is led by those of its parents, the stack excepted (Pulumi: "Resource URNs"). */
export function urnOf(stack: string, project: string, parent: string | undefined, type: string, name: string): string {
  const parentType = parent?.split('::')[2];
  const qualified = parentType && parentType !== 'pulumi:pulumi:Stack' ? `${parentType}$${type}` : type;
  return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

/** What a registration says of the resource beside its inputs. */
export function described(request: RegisterResourceRequest, urn: string): Omit<Registered, 'inputs'> {
  const propertyDependencies: Record<string, string[]> = {};
  request
    .getPropertydependenciesMap()
    .forEach((urns, property) => (propertyDependencies[property] = urns.getUrnsList()));
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent() || undefined,
    // A reference is the provider's URN and its id.
    provider: request.getProvider().replace(/::[^:]*$/, '') || undefined,
    dependsOn: request.getDependenciesList(),
    propertyDependencies,
    options: {
      protect: request.getProtect() ?? false,
      retainOnDelete: request.getRetainondelete() ?? false,
      ignoreChanges: request.getIgnorechangesList(),
      replaceOnChanges: request.getReplaceonchangesList(),
      ...(request.getDeletebeforereplacedefined() && { deleteBeforeReplace: request.getDeletebeforereplace() }),
    },
  };
}

/** Names of the resource options that are set and that the applier cannot honour. */
export function unsupportedOptions(request: RegisterResourceRequest): string[] {
  const hooks = Object.values(request.getHooks()?.toObject() ?? {}).flat();
  // Types of older API versions are on every azure-native resource; no stack here ever had one.
  const renamed = request.getAliasesList().filter((alias) => {
    const { name, parenturn, noparent, project, stack } = alias.getSpec()?.toObject() ?? {};
    const moved = Boolean(parenturn) && parenturn !== request.getParent();
    return [alias.getUrn(), name, moved, noparent, project, stack].some(Boolean);
  });
  const set: Record<string, boolean> = {
    aliases: renamed.length > 0 || request.getAliasurnsList().length > 0,
    deletedWith: request.getDeletedwith() !== '',
    hooks: hooks.length > 0,
    import: request.getImportid() !== '',
    replaceWith: request.getReplaceWithList().length > 0,
    replacementTrigger: request.hasReplacementTrigger(),
    transforms: request.getTransformsList().length > 0,
  };
  return Object.keys(set).filter((option) => set[option]);
}
