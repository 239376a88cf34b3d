import type { Preview } from '../../sandbox/pulumi/preview.ts';
import { costOf, type CostClass } from './cost.ts';
import { namesIn, type NameOf } from './names.ts';
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
  /** What else is to be known of it; empty when nothing is. */
  note: string;
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
export function treeOf(preview: Preview, violationsOf: (resource: Registered) => Leaf['violations']): Branch[] {
  const { resources } = preview;
  const nameOf = namesIn(preview);
  const components = resources.filter(({ custom, type }) => !custom && type !== 'pulumi:pulumi:Stack');
  const urns = new Set(components.map(({ urn }) => urn));
  const inside = (urn: string | undefined) => (each: Registered) =>
    urn === undefined ? !each.parent || !urns.has(each.parent) : each.parent === urn;
  const leaves = (urn?: string) =>
    resources
      .filter(({ id }) => id !== '')
      .filter(inside(urn))
      .map((resource) => leafOf(resource, nameOf, violationsOf(resource)));
  const branches = (urn?: string): Branch[] =>
    components.filter(inside(urn)).map(({ type, name, urn: own, inputs }) => ({
      ...{ component: type.split(':').at(-1)!, name, inputs, note: noteOn(inputs, preview.outputs) },
      ...{ resources: leaves(own), components: branches(own) },
    }));
  const loose = leaves();
  return [
    ...(loose.length > 0 ? [{ component: '', name: '', inputs: {}, note: '', resources: loose, components: [] }] : []),
    ...branches(),
  ];
}

/** Sites whose group alone is declared look empty. */
function noteOn(inputs: Branch['inputs'], { siteSummaries }: Preview['outputs']): string {
  const sites = (siteSummaries ?? []) as { subscriptionId: string; region: string; declared: boolean }[];
  const site = sites.find((each) => each.subscriptionId === inputs.subscriptionId && each.region === inputs.region);
  return site?.declared === false ? 'the first session there makes the rest' : '';
}

function leafOf({ id, type, inputs, options }: Registered, nameOf: NameOf, violations: Leaf['violations']): Leaf {
  const { type: armType, name } = armName(id);
  return {
    ...{ type: armType, name, id, violations },
    settings: settingsOf(type, inputs, nameOf),
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
