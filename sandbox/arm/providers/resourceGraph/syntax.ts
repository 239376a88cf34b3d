import { QueryError, UnsupportedQuery, type KustoNode } from './kusto.ts';
import { readString, readTimespan, type Value } from './values.ts';

/** A scalar expression. */
export type Expression =
  | { op: 'literal'; value: Value }
  | { op: 'column'; name: string }
  | { op: 'member'; of: Expression; key: Expression }
  | { op: 'call'; name: string; args: Expression[] }
  | { op: 'negate'; of: Expression }
  | { op: 'binary'; operator: string; left: Expression; right: Expression }
  | { op: 'list'; items: Expression[] }
  | { op: 'star' };

/** `name = expression`; the name that Kusto gives when none is written. */
export interface Named {
  name: string | undefined;
  value: Expression;
}

export interface Ordering {
  by: Expression;
  ascending: boolean;
  nullsFirst: boolean;
}

/** One step of a query. */
export type Step =
  | { op: 'where'; condition: Expression }
  | { op: 'project' | 'extend' | 'distinct'; columns: Named[] }
  | { op: 'project-away' | 'project-keep' | 'project-reorder'; names: string[] }
  | { op: 'project-rename'; columns: Named[] }
  | { op: 'sort'; orders: Ordering[] }
  | { op: 'top'; count: Expression; orders: Ordering[] }
  | { op: 'take'; count: Expression }
  | { op: 'count' }
  | { op: 'summarize'; aggregates: Named[]; by: Named[] }
  | { op: 'mv-expand'; columns: Named[]; limit: Expression | undefined }
  | { op: 'union'; sources: Pipeline[] }
  | { op: 'join'; kind: string; source: Pipeline; on: { left: Expression; right: Expression }[] };

export interface Pipeline {
  table: string;
  steps: Step[];
}

export interface Query {
  /** `let name = value;` before the query. */
  values: Named[];
  pipeline: Pipeline;
}

/** Gives the parser's tree the shape in which it is run. @throws UnsupportedQuery */
export function readQuery(root: KustoNode): Query {
  const statements = root.children.flatMap((list) => items(list));
  const values: Named[] = [];
  let pipeline: Pipeline | undefined;
  for (const statement of statements) {
    if (statement.kind === 'LetStatement') {
      const [, name, , value] = statement.children;
      values.push({ name: nameOf(name!), value: expression(value!) });
    } else if (statement.kind === 'ExpressionStatement') pipeline = readPipeline(statement.children[0]!);
    else throw unsupported(statement);
  }
  if (!pipeline) throw new QueryError('The query is empty.');
  return { values, pipeline };
}

function unsupported(node: KustoNode): UnsupportedQuery {
  return new UnsupportedQuery(`${node.kind} (at character ${node.start})`);
}

/** The elements of a comma-separated list. */
function items(list: KustoNode | undefined): KustoNode[] {
  return (list?.children ?? []).map((child) => (child.kind === 'SeparatedElement' ? child.children[0]! : child));
}

function only(node: KustoNode, kind: string): KustoNode | undefined {
  return node.children.find((child) => child.kind === kind);
}

function nameOf(node: KustoNode): string {
  if (node.kind === 'BracketedName') return readString(node.children[1]!.children[0]?.text ?? node.children[1]!.text);
  if (node.children.length > 0) return nameOf(node.children[0]!);
  return node.text;
}

function readPipeline(node: KustoNode): Pipeline {
  if (node.kind === 'ParenthesizedExpression') return readPipeline(node.children[1]!);
  if (node.kind === 'NameReference') return { table: nameOf(node), steps: [] };
  if (node.kind === 'UnionOperator' || node.kind !== 'PipeExpression') throw unsupported(node);
  const [before, , operator] = node.children;
  const { table, steps } = readPipeline(before!);
  return { table, steps: [...steps, readStep(operator!)] };
}

const lists = (node: KustoNode) => node.children.filter((child) => child.kind === 'List');

function readStep(node: KustoNode): Step {
  const list = items(lists(node).at(-1));
  const last = node.children.at(-1)!;
  switch (node.kind) {
    case 'FilterOperator':
      return { op: 'where', condition: expression(last) };
    case 'ProjectOperator':
      return { op: 'project', columns: list.map(named) };
    case 'ExtendOperator':
      return { op: 'extend', columns: list.map(named) };
    case 'DistinctOperator':
      return { op: 'distinct', columns: list.map(named) };
    case 'ProjectAwayOperator':
      return { op: 'project-away', names: list.map(nameOf) };
    case 'ProjectKeepOperator':
      return { op: 'project-keep', names: list.map(nameOf) };
    case 'ProjectReorderOperator':
      return { op: 'project-reorder', names: list.map(nameOf) };
    case 'ProjectRenameOperator':
      return { op: 'project-rename', columns: list.map(named) };
    case 'SortOperator':
      return { op: 'sort', orders: list.map(ordering) };
    case 'TopOperator':
      return { op: 'top', count: expression(node.children[1]!), orders: [ordering(last)] };
    case 'TakeOperator':
      return { op: 'take', count: expression(last) };
    case 'CountOperator':
      return { op: 'count' };
    case 'SummarizeOperator': {
      const by = only(node, 'SummarizeByClause');
      return {
        op: 'summarize',
        aggregates: items(lists(node)[0]).map(named),
        by: items(by && lists(by)[0]).map(named),
      };
    }
    case 'MvExpandOperator': {
      const limit = only(node, 'MvExpandRowLimitClause');
      return {
        op: 'mv-expand',
        columns: list.map((item) => named(item.children[0]!)),
        limit: limit && expression(limit.children[1]!),
      };
    }
    case 'UnionOperator':
      return { op: 'union', sources: list.map(readPipeline) };
    case 'JoinOperator':
      return join(node);
    default:
      throw unsupported(node);
  }
}

function join(node: KustoNode): Step {
  const parameters = lists(node).flatMap(items);
  const kind = parameters.find((p) => p.kind === 'NamedParameter' && nameOf(p.children[0]!) === 'kind');
  const clause = only(node, 'JoinOnClause');
  const source = node.children.find((child) => ['ParenthesizedExpression', 'NameReference'].includes(child.kind));
  if (!clause || !source) throw unsupported(node);
  const on = items(lists(clause)[0]).map((condition) => {
    if (condition.kind === 'NameReference') return { left: expression(condition), right: expression(condition) };
    const [left, operator, right] = condition.children;
    if (operator?.text !== '==') throw unsupported(condition);
    return { left: side(left!), right: side(right!) };
  });
  return { op: 'join', kind: kind ? nameOf(kind.children[2]!) : 'innerunique', source: readPipeline(source), on };
}

/** `$left.x` → `x` */
function side(node: KustoNode): Expression {
  const path = expression(node);
  if (
    path.op !== 'member' ||
    path.of.op !== 'column' ||
    !/^\$(left|right)$/.test(path.of.name) ||
    path.key.op !== 'literal'
  )
    throw unsupported(node);
  return { op: 'column', name: String(path.key.value) };
}

function ordering(node: KustoNode): Ordering {
  const ordered = node.kind === 'OrderedExpression';
  const words = ordered ? JSON.stringify(node.children[1]) : '';
  const ascending = words.includes('"asc"');
  const nullsFirst = words.includes('"first"') || (ascending && !words.includes('"last"'));
  return { by: expression(ordered ? node.children[0]! : node), ascending, nullsFirst };
}

function named(node: KustoNode): Named {
  if (node.kind !== 'SimpleNamedExpression') return { name: undefined, value: expression(node) };
  return { name: nameOf(node.children[0]!), value: expression(node.children[2]!) };
}

function expression(node: KustoNode): Expression {
  const [first, second, third] = node.children;
  switch (node.kind) {
    case 'StringLiteralExpression':
      return { op: 'literal', value: readString(first?.text ?? node.text) };
    case 'LongLiteralExpression':
    case 'IntLiteralExpression':
    case 'RealLiteralExpression':
      return { op: 'literal', value: Number(first?.text ?? node.text) };
    case 'BooleanLiteralExpression':
      return { op: 'literal', value: (first?.text ?? node.text).toLowerCase() === 'true' };
    case 'TimespanLiteralExpression':
      return { op: 'literal', value: readTimespan(first?.text ?? node.text) };
    case 'DateTimeLiteralExpression': {
      const text = /\((.*)\)/.exec(first?.text ?? node.text)?.[1] ?? '';
      return { op: 'call', name: 'todatetime', args: [{ op: 'literal', value: text.trim() }] };
    }
    case 'DynamicExpression':
      return expression(third!);
    case 'JsonArrayExpression':
      return { op: 'list', items: items(lists(node)[0]).map(expression) };
    case 'NameReference':
      return { op: 'column', name: nameOf(node) };
    case 'ParenthesizedExpression':
      return expression(second!);
    case 'PathExpression':
      return { op: 'member', of: expression(first!), key: { op: 'literal', value: nameOf(third!) } };
    case 'ElementExpression':
      return { op: 'member', of: expression(first!), key: expression(second!.children[1]!) };
    case 'FunctionCallExpression':
      return { op: 'call', name: nameOf(first!), args: items(lists(second!)[0]).map(expression) };
    case 'UnaryMinusExpression':
      return { op: 'negate', of: expression(second!) };
    case 'StarExpression':
      return { op: 'star' };
    case 'ExpressionList':
      return { op: 'list', items: items(lists(node)[0]).map(expression) };
    case 'ExpressionCouple':
      return { op: 'list', items: [expression(second!), expression(node.children[3]!)] };
  }
  if (node.children.length === 3 && second!.children.length === 0) {
    return { op: 'binary', operator: second!.text, left: expression(first!), right: expression(third!) };
  }
  throw unsupported(node);
}
