import { table } from '../format.ts';
import { costClasses } from './cost.ts';
import { leavesOf, totalsOf, type Branch, type Leaf } from './tree.ts';

/** How parts of the text are set apart; a terminal has colours, a file nothing. */
export interface Style {
  heading(text: string): string;
  faint(text: string): string;
  problem(text: string): string;
}

export const plain: Style = { heading: (text) => text, faint: (text) => text, problem: (text) => text };

/** The tree, sums and violations as people read them. */
export function render(tree: Branch[], style: Style): string {
  const leaves = tree.flatMap(leavesOf);
  const violations = leaves.filter((leaf) => leaf.violations.length > 0);
  return [
    ...tree.flatMap((branch) => [...branchLines(branch, style, 0), '']),
    style.heading('Totals'),
    sums(tree),
    '',
    style.faint(
      'fixed: by the hour while it exists. by use: by what is stored, moved or run. low: some cents a month.\n' +
        'Each endpoint also costs by what passes through it. Prices: azure.microsoft.com/pricing/calculator.',
    ),
    '',
    violations.length === 0
      ? `${leaves.length} resources; the policy pack finds nothing wrong.`
      : style.problem(`The policy pack refuses ${violations.length} of ${leaves.length} resources:`),
    ...violations.flatMap(({ type, name, violations: found }) =>
      found.map(({ rule, message }) => `  ${type} ${name}: ${message} (${rule})`),
    ),
  ].join('\n');
}

function branchLines(
  { component, name, inputs, resources, components }: Branch,
  style: Style,
  depth: number,
): string[] {
  const indent = '  '.repeat(depth);
  const says = Object.values(inputs).filter((value) => typeof value === 'string');
  const title = titleOf(component, name);
  return [
    `${indent}${style.heading(title)}${says.length > 0 ? `  ${style.faint(says.join(' '))}` : ''}`,
    ...leafLines(resources, style, `${indent}  `),
    ...components.flatMap((child) => branchLines(child, style, depth + 1)),
  ];
}

function leafLines(leaves: Leaf[], style: Style, indent: string): string[] {
  const widest = Math.max(0, ...leaves.map(({ type }) => type.length));
  return leaves.map(({ type, name, settings, cost, protected: kept, violations }) => {
    const words = [...settings, kept ? 'protected' : '', cost === 'none' ? '' : `costs: ${cost}`].filter(
      (word) => word !== '',
    );
    const mark = violations.length > 0 ? style.problem(' ← refused') : '';
    // Roles and assignments are named by GUID; what they are for says more.
    const [title, ...rest] = /^[0-9a-f-]{36}$/.test(name) ? words : [name, ...words];
    const faint = rest.length > 0 ? `  ${style.faint(rest.join(', '))}` : '';
    return `${indent}${type.padEnd(widest)}  ${title}${faint}${mark}`;
  });
}

function titleOf(component: string, name: string): string {
  return component === '' ? 'Beside the components' : `${component} ${name}`;
}

function sums(tree: Branch[]): string {
  const rows = totalsOf(tree).map(({ component, name, resources, endpoints, costs }) => [
    titleOf(component, name),
    String(resources),
    String(endpoints),
    ...costClasses.map((kind) => String(costs[kind])),
  ]);
  const all = rows[0]!.map((_, i) => (i === 0 ? 'All' : String(rows.reduce((sum, row) => sum + Number(row[i]), 0))));
  return table([
    ['', 'resources', 'endpoints', ...costClasses.map((kind) => (kind === 'none' ? 'no cost' : kind))],
    ...rows,
    all,
  ]);
}
