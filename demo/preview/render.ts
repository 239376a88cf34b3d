import { table } from '../format.ts';
import type { CostClass } from './cost.ts';
import { leavesOf, totalsOf, type Branch, type Leaf } from './tree.ts';
import { wrapped } from './wrapped.ts';

/** How parts of the text are set apart; a terminal has colours, a file nothing. */
export interface Style {
  heading(text: string): string;
  faint(text: string): string;
  problem(text: string): string;
  /** Columns of the terminal; a file has no end of line. */
  width: number;
}

const same = (text: string) => text;
export const plain: Style = { heading: same, faint: same, problem: same, width: Infinity };

const shownClasses: CostClass[] = ['fixed', 'by use', 'low'];

/** The tree, sums and violations as people read them. */
export function render(tree: Branch[], style: Style): string {
  const leaves = tree.flatMap(leavesOf);
  const violations = leaves.filter((leaf) => leaf.violations.length > 0);
  const legend = [
    'fixed: by the hour while it exists. by use: by what is stored, moved or run. low: some cents a month.',
    `Fixed here: ${fixedOf(leaves)}. Each endpoint also costs by what passes through it.`,
    'Prices: azure.microsoft.com/pricing/calculator.',
  ];
  return [
    ...tree.flatMap((branch) => [...branchLines(branch, style, 0), '']),
    style.heading('Totals'),
    sums(tree),
    '',
    ...legend.flatMap((text) => wrapped(text.split(' '), ' ', '', style.width)).map((text) => style.faint(text)),
    '',
    violations.length === 0
      ? `${leaves.length} resources; the policy pack finds nothing wrong.`
      : style.problem(`The policy pack refuses ${violations.length} of ${leaves.length} resources:`),
    ...violations.flatMap(({ type, name, settings, violations: found }) =>
      found.map(({ rule, message }) => `  ${type} ${isGuid(name) ? settings[0] : name}: ${message} (${rule})`),
    ),
  ].join('\n');
}

function branchLines({ component, name, inputs, note, ...inside }: Branch, style: Style, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const says = [...Object.values(inputs).filter((value) => typeof value === 'string'), note].filter(
    (word) => word !== '',
  );
  const title = titleOf(component, name);
  const beside = says.join(' ');
  const fits = indent.length + title.length + 2 + beside.length <= style.width;
  const below = fits ? [] : wrapped(says, ' ', `${indent}    `, style.width);
  return [
    `${indent}${style.heading(title)}${beside && fits ? `  ${style.faint(beside)}` : ''}`,
    ...below.map((text) => style.faint(text)),
    ...leafLines(inside.resources, style, `${indent}  `),
    ...inside.components.flatMap((child) => branchLines(child, style, depth + 1)),
  ];
}

/** A line for each, with types in a column; where a terminal is too narrow for one, names and settings go below. */
function leafLines(leaves: Leaf[], style: Style, indent: string): string[] {
  const widest = Math.max(0, ...leaves.map(({ type }) => type.length));
  const below = `${indent}    `;
  return leaves.flatMap((leaf) => {
    const { type, violations } = leaf;
    const [title = '', ...words] = wordsOf(leaf);
    const mark = violations.length > 0 ? style.problem(' ← refused') : '';
    const line = `${indent}${type.padEnd(widest)}  ${title}`;
    const settings = words.join(', ');
    if (line.length + 2 + settings.length <= style.width) {
      return [`${line}${settings ? `  ${style.faint(settings)}` : ''}${mark}`];
    }
    const [first = '', ...more] = wrapped([type, title], '  ', indent, style.width);
    return [
      first + mark,
      ...more.map((text) => `    ${text}`),
      ...wrapped(words, ', ', below, style.width).map((text) => style.faint(text)),
    ];
  });
}

/** What a resource is called, and what matters of it. Roles and assignments are named by GUID: what they are for says more. */
function wordsOf({ name, settings, protected: kept, cost }: Leaf): string[] {
  const words = [...settings, kept ? 'protected' : '', cost === 'none' ? '' : `costs: ${cost}`].filter(Boolean);
  return isGuid(name) ? words : [name, ...words];
}

function isGuid(name: string): boolean {
  return /^[0-9a-f-]{36}$/.test(name);
}

function titleOf(component: string, name: string): string {
  return component === '' ? 'Beside the components' : `${component} ${name}`;
}

/** `26 private endpoints, 1 NAT gateway`. */
function fixedOf(leaves: Leaf[]): string {
  const counts = new Map<string, number>();
  for (const { type, cost } of leaves) if (cost === 'fixed') counts.set(type, (counts.get(type) ?? 0) + 1);
  const words = [...counts].map(([type, number]) => `${number} ${fixedWords[type] ?? type}${number === 1 ? '' : 's'}`);
  return words.join(', ') || 'none';
}

const fixedWords: Record<string, string> = {
  'Microsoft.Network/natGateways': 'NAT gateway',
  'Microsoft.Network/privateEndpoints': 'private endpoint',
  'Microsoft.Network/publicIPAddresses': 'public address',
  'Microsoft.Web/sites': 'always ready app',
};

function sums(tree: Branch[]): string {
  const rows = totalsOf(tree).map(({ component, name, resources, endpoints, costs }) => [
    titleOf(component, name).replace(/([0-9a-f]{8})-[0-9a-f-]{23}([0-9a-f]{4})$/, '$1…$2'),
    ...[resources, endpoints, ...shownClasses.map((kind) => costs[kind])].map(String),
  ]);
  const all = rows[0]!.map((_, i) => (i === 0 ? 'All' : String(rows.reduce((sum, row) => sum + Number(row[i]), 0))));
  return table([['', 'resources', 'endpoints', ...shownClasses], ...rows, all]);
}
