import { aggregate } from './aggregates.ts';
import { defaultName, evaluate, type Row, type Scope } from './expressions.ts';
import { QueryError, UnsupportedQuery } from './kusto.ts';
import type { Named, Ordering, Pipeline, Query, Step } from './syntax.ts';
import { asBoolean, asNumber, compare, type Value } from './values.ts';

/** A table: its columns in order, and its rows. */
export interface Table {
  columns: string[];
  rows: Row[];
}

/** What a query is run in. */
export interface QueryWorld {
  /** @throws QueryError for a name that is no table */
  table(name: string): Table;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Runs a query. @throws QueryError, UnsupportedQuery */
export function runQuery(query: Query, world: QueryWorld): Table {
  const values = new Map<string, Value>();
  const empty: Scope = { columns: new Set(), values, now: world.now };
  for (const { name, value } of query.values) values.set(name!, evaluate(value, {}, empty));
  return runPipeline(query.pipeline, world, values);
}

function runPipeline({ table, steps }: Pipeline, world: QueryWorld, values: ReadonlyMap<string, Value>): Table {
  return steps.reduce((current, step) => {
    const scope: Scope = { columns: new Set(current.columns), values, now: world.now };
    return run(step, current, scope, (source) => runPipeline(source, world, values));
  }, world.table(table));
}

function run(step: Step, { columns, rows }: Table, scope: Scope, source: (pipeline: Pipeline) => Table): Table {
  const value = (expression: Named['value'], row: Row) => evaluate(expression, row, scope);
  switch (step.op) {
    case 'where':
      return { columns, rows: rows.filter((row) => asBoolean(value(step.condition, row))) };
    case 'project':
      return made(names(step.columns), rows, step.columns, value);
    case 'distinct': {
      const all = step.columns.some((column) => column.value.op === 'star');
      const table = all ? { columns, rows } : made(names(step.columns), rows, step.columns, value);
      return { columns: table.columns, rows: unique(table.rows, table.columns) };
    }
    case 'extend': {
      const added = names(step.columns);
      const extended = made(added, rows, step.columns, value);
      return {
        columns: [...columns, ...added.filter((name) => !columns.includes(name))],
        rows: rows.map((row, i) => ({ ...row, ...extended.rows[i] })),
      };
    }
    case 'project-away':
      known(step.names, columns);
      return { columns: columns.filter((name) => !step.names.includes(name)), rows };
    case 'project-keep':
      known(step.names, columns);
      return { columns: columns.filter((name) => step.names.includes(name)), rows };
    case 'project-reorder':
      known(step.names, columns);
      return { columns: [...step.names, ...columns.filter((name) => !step.names.includes(name))], rows };
    case 'project-rename': {
      const renamed = new Map(step.columns.map(({ name, value }) => [defaultName(value) ?? '', name!]));
      known([...renamed.keys()], columns);
      return {
        columns: columns.map((name) => renamed.get(name) ?? name),
        rows: rows.map((row) =>
          Object.fromEntries(Object.entries(row).map(([name, one]) => [renamed.get(name) ?? name, one])),
        ),
      };
    }
    case 'sort':
      return { columns, rows: sorted(rows, step.orders, value) };
    case 'top':
      return { columns, rows: sorted(rows, step.orders, value).slice(0, count(value(step.count, {}))) };
    case 'take':
      return { columns, rows: rows.slice(0, count(value(step.count, {}))) };
    case 'count':
      return { columns: ['Count'], rows: [{ Count: rows.length }] };
    case 'summarize':
      return summarize(step, rows, scope);
    case 'mv-expand':
      return expand(step, { columns, rows }, value);
    case 'union':
      return step.sources.map(source).reduce(
        (all, next) => ({
          columns: [...all.columns, ...next.columns.filter((name) => !all.columns.includes(name))],
          rows: [...all.rows, ...next.rows],
        }),
        { columns, rows },
      );
    case 'join':
      return join(step, { columns, rows }, source(step.source), scope);
  }
}

type Evaluate = (expression: Named['value'], row: Row) => Value;

function names(columns: Named[]): string[] {
  return columns.map(({ name, value }, i) => name ?? defaultName(value) ?? `Column${i + 1}`);
}

function made(columns: string[], rows: Row[], named: Named[], value: Evaluate): Table {
  return {
    columns,
    rows: rows.map((row) => Object.fromEntries(named.map((column, i) => [columns[i]!, value(column.value, row)]))),
  };
}

function known(wanted: string[], columns: string[]): void {
  const missing = wanted.find((name) => !columns.includes(name));
  if (missing !== undefined) throw new QueryError(`Failed to resolve column named '${missing}'`);
}

function count(value: Value): number {
  const number = asNumber(value);
  if (number === null || number < 0) throw new QueryError('A count of rows must be a number that is not negative.');
  return number;
}

function keyOf(row: Row, columns: string[]): string {
  return JSON.stringify(columns.map((name) => row[name] ?? null));
}

function unique(rows: Row[], columns: string[]): Row[] {
  return [...new Map(rows.map((row) => [keyOf(row, columns), row])).values()];
}

/** Stable; an equal order keeps the rows as they were. */
function sorted(rows: Row[], orders: Ordering[], value: Evaluate): Row[] {
  const keyed = rows.map((row) => ({ row, keys: orders.map(({ by }) => value(by, row)) }));
  keyed.sort((a, b) => {
    for (const [i, { ascending, nullsFirst }] of orders.entries()) {
      const [left, right] = [a.keys[i]!, b.keys[i]!];
      if (left === null && right === null) continue;
      if (left === null || right === null) return (left === null) === nullsFirst ? -1 : 1;
      const order = compare(left, right) ?? 0;
      if (order !== 0) return ascending ? order : -order;
    }
    return 0;
  });
  return keyed.map(({ row }) => row);
}

function summarize(step: Extract<Step, { op: 'summarize' }>, rows: Row[], scope: Scope): Table {
  const by = names(step.by);
  const keys = made(by, rows, step.by, (expression, row) => evaluate(expression, row, scope)).rows;
  const groups = new Map<string, { key: Row; rows: Row[] }>();
  for (const [i, row] of rows.entries()) {
    const key = keyOf(keys[i]!, by);
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { key: keys[i]!, rows: [row] });
  }
  // Without `by` there is one group, be it empty.
  if (by.length === 0 && groups.size === 0) groups.set('', { key: {}, rows: [] });
  const aggregates = (among: Row[]) =>
    Object.assign({}, ...step.aggregates.map(({ name, value }) => aggregate(name, value, among, scope))) as Row;
  const grouped = [...groups.values()].map((group) => ({ ...aggregates(group.rows), ...group.key }));
  return { columns: [...by, ...Object.keys(aggregates([])).filter((name) => !by.includes(name))], rows: grouped };
}

/** One row for each element of an array (or entry of a bag); what is neither stays as it is. */
function expand(step: Extract<Step, { op: 'mv-expand' }>, { columns, rows }: Table, value: Evaluate): Table {
  const [column, ...more] = step.columns;
  if (!column || more.length > 0) throw new UnsupportedQuery('mv-expand of several columns at once');
  const [name] = names([column]) as [string];
  const limit = step.limit ? count(value(step.limit, {})) : Infinity;
  const expanded = rows.flatMap((row) => {
    const of = value(column.value, row);
    const elements = Array.isArray(of) ? of : [of];
    return elements.slice(0, limit).map((element) => ({ ...row, [name]: element }));
  });
  return { columns: columns.includes(name) ? columns : [...columns, name], rows: expanded };
}

const joinKinds = ['innerunique', 'inner', 'leftouter', 'fullouter'];

function join(step: Extract<Step, { op: 'join' }>, left: Table, right: Table, scope: Scope): Table {
  if (!joinKinds.includes(step.kind))
    throw new QueryError(`join kind=${step.kind} is none of ${joinKinds.join(', ')}.`);
  const key = (table: Table, row: Row, side: 'left' | 'right') =>
    JSON.stringify(step.on.map((on) => evaluate(on[side], row, { ...scope, columns: new Set(table.columns) })));
  const renamed = new Map<string, string>();
  for (const name of right.columns) renamed.set(name, left.columns.includes(name) ? `${name}1` : name);
  const ofRight = (row: Row | undefined): Row =>
    Object.fromEntries(right.columns.map((name) => [renamed.get(name)!, row?.[name] ?? null]));
  const byKey = Map.groupBy(right.rows, (row) => key(right, row, 'right'));
  const matched = new Set<string>();
  const seen = new Set<string>();
  const rows: Row[] = [];
  for (const row of left.rows) {
    const value = key(left, row, 'left');
    if (step.kind === 'innerunique' && seen.has(value)) continue;
    seen.add(value);
    const others = byKey.get(value);
    if (others) matched.add(value);
    if (others) rows.push(...others.map((other) => ({ ...row, ...ofRight(other) })));
    else if (step.kind === 'leftouter' || step.kind === 'fullouter') rows.push({ ...row, ...ofRight(undefined) });
  }
  if (step.kind === 'fullouter') {
    for (const [value, others] of byKey) if (!matched.has(value)) rows.push(...others.map(ofRight));
  }
  return { columns: [...left.columns, ...renamed.values()], rows };
}
