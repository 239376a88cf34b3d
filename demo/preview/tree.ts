import type { Preview } from '../../sandbox/pulumi/preview.ts';
import { costOf, type CostClass } from './cost.ts';
import { settingsOf } from './settings.ts';

/** A resource that would be there. */
export interface Leaf {
  /** As Resource Manager has it: `Microsoft.Storage/storageAccounts`. */
  type: string;
  name: string;
  id: string;
  settings: string[];
  /** Whether Pulumi refuses to delete it. */
  protected: boolean;
  cost: CostClass;
  violations: { rule: string; message: string }[];
}

/** A component of the program, and what it consists of. */
export interface Branch {
  /** `Site`, `Appliance`, …; empty for what is part of no component. */
  component: string;
  name: string;
  /** What the component says of itself, such as a site's subscription and region. */
  inputs: Record<string, unknown>;
  resources: Leaf[];
  components: Branch[];
}

/** Sums of a branch and those under it. */
export interface Total {
  component: string;
  name: string;
  resources: number;
  endpoints: number;
  costs: Record<CostClass, number>;
}

type Registered = Preview['resources'][number];

/** The program as a tree of components; the first branch holds what belongs to none. Pure. */
export function treeOf(
  { resources }: Pick<Preview, 'resources'>,
  violationsOf: (resource: Registered) => Leaf['violations'],
): Branch[] {
  const components = resources.filter(({ custom, type }) => !custom && type !== 'pulumi:pulumi:Stack');
  const urns = new Set(components.map(({ urn }) => urn));
  const inside = (urn: string | undefined) => (each: Registered) =>
    urn === undefined ? !each.parent || !urns.has(each.parent) : each.parent === urn;
  const leaves = (urn?: string) =>
    resources
      .filter(({ id }) => id !== '')
      .filter(inside(urn))
      .map((resource) => leafOf(resource, violationsOf(resource)));
  const branches = (urn?: string): Branch[] =>
    components.filter(inside(urn)).map(({ type, name, urn: own, inputs }) => ({
      ...{ component: type.split(':').at(-1)!, name, inputs },
      ...{ resources: leaves(own), components: branches(own) },
    }));
  const loose = leaves();
  return [
    ...(loose.length > 0 ? [{ component: '', name: '', inputs: {}, resources: loose, components: [] }] : []),
    ...branches(),
  ];
}

function leafOf({ id, type, inputs, options }: Registered, violations: Leaf['violations']): Leaf {
  const { type: armType, name } = armName(id);
  return {
    ...{ type: armType, name, id, violations },
    settings: settingsOf(type, inputs),
    protected: options.protect,
    cost: costOf(type, inputs),
  };
}

/** Resource Manager's type and name of an id; of children both have as many parts as the path. */
export function armName(id: string): { type: string; name: string } {
  const at = id.toLowerCase().lastIndexOf('/providers/');
  if (at < 0) return { type: 'Microsoft.Resources/resourceGroups', name: id.split('/').at(-1)! };
  const [namespace, ...rest] = id.slice(at + '/providers/'.length).split('/');
  const types = rest.filter((_, i) => i % 2 === 0);
  const names = rest.filter((_, i) => i % 2 === 1);
  return { type: [namespace, ...types].join('/'), name: names.join('/') || types.at(-1)! };
}

/** Sums of each branch, those under it included. */
export function totalsOf(tree: Branch[]): Total[] {
  return tree.map((branch) => {
    const leaves = leavesOf(branch);
    const costs = { fixed: 0, 'by use': 0, low: 0, none: 0 };
    for (const { cost } of leaves) costs[cost] += 1;
    const endpoints = leaves.filter(({ type }) => type === 'Microsoft.Network/privateEndpoints').length;
    return { component: branch.component, name: branch.name, resources: leaves.length, endpoints, costs };
  });
}

/** All resources of a branch and those under it. */
export function leavesOf(branch: Branch): Leaf[] {
  return [...branch.resources, ...branch.components.flatMap(leavesOf)];
}
