import { QueryError, UnsupportedQuery } from './kusto.ts';
import { defaultName, evaluate, type Row, type Scope } from './expressions.ts';
import type { Expression } from './syntax.ts';
import { asBoolean, asNumber, compare, type Value } from './values.ts';

type Call = Extract<Expression, { op: 'call' }>;

const present = (values: Value[]) => values.filter((value) => value !== null);
const numbers = (values: Value[]) => present(values).flatMap((value) => asNumber(value) ?? []);
const distinct = (values: Value[]) => [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
const largest = (values: Value[], sign: 1 | -1) =>
  present(values).reduce(
    (best: Value, value) => (best === null || sign * compare(value, best)! > 0 ? value : best),
    null,
  );
const sum = (values: Value[]) => numbers(values).reduce((total, number) => total + number, 0);

/** Aggregates of one column's values in a group; `count` and `arg_*` look at rows and stand below. */
const ofValues: Record<string, (values: Value[]) => Value> = {
  sum,
  avg: (values) => (numbers(values).length === 0 ? null : sum(values) / numbers(values).length),
  min: (values) => largest(values, -1),
  max: (values) => largest(values, 1),
  dcount: (values) => distinct(present(values)).length,
  make_list: (values) => present(values),
  make_set: (values) => distinct(present(values)),
  any: (values) => present(values)[0] ?? null,
  take_any: (values) => present(values)[0] ?? null,
};

/** The columns that an aggregate makes of a group's rows. `name`: as the query says, else as Kusto names it. */
export function aggregate(name: string | undefined, expression: Expression, rows: Row[], scope: Scope): Row {
  if (expression.op !== 'call')
    throw new QueryError('summarize takes aggregates such as count(); a column goes after by.');
  const kind = expression.name.toLowerCase();
  const [first, second] = expression.args;
  if (kind === 'count') return { [name ?? 'count_']: rows.length };
  if (!first) throw new QueryError(`${kind}() takes an argument.`);
  if (kind === 'countif') return { [name ?? 'countif_']: matching(first, rows, scope).length };
  if (kind === 'arg_max' || kind === 'arg_min') return extreme(name, expression, rows, scope);
  const among = kind.endsWith('if') && second ? matching(second, rows, scope) : rows;
  const work = ofValues[kind.endsWith('if') && second ? kind.slice(0, -2) : kind];
  if (!work) throw new UnsupportedQuery(`the aggregate ${kind}()`);
  return { [name ?? named(kind, first)]: work(among.map((row) => evaluate(first, row, scope))) };
}

/** `arg_max(t, a, b)`: of the row with the largest `t`, that and the columns asked for. */
function extreme(name: string | undefined, { name: kind, args }: Call, rows: Row[], scope: Scope): Row {
  const [by, ...wanted] = args;
  const sign = kind.toLowerCase() === 'arg_max' ? 1 : -1;
  let best: { row: Row; value: Value } | undefined;
  for (const row of rows) {
    const value = evaluate(by!, row, scope);
    if (value === null) continue;
    if (!best || sign * (compare(value, best.value) ?? 0) > 0) best = { row, value };
  }
  const made: Row = { [name ?? defaultName(by!) ?? 'arg']: best?.value ?? null };
  for (const column of wanted) {
    if (column.op === 'star') Object.assign(made, { ...best?.row, ...made });
    else made[defaultName(column) ?? 'Column1'] = best ? evaluate(column, best.row, scope) : null;
  }
  return made;
}

function matching(condition: Expression, rows: Row[], scope: Scope): Row[] {
  return rows.filter((row) => asBoolean(evaluate(condition, row, scope)));
}

function named(kind: string, of: Expression): string {
  const prefix = { make_list: 'list', make_set: 'set', take_any: '', any: 'any' }[kind] ?? kind;
  const column = defaultName(of) ?? '';
  return prefix === '' ? column : `${prefix}_${column}`;
}
