import { QueryError, UnsupportedQuery } from './kusto.ts';
import { scalars } from './scalars.ts';
import type { Expression } from './syntax.ts';
import { asBoolean, asNumber, asText, compare, member, Timespan, type Value } from './values.ts';

export type Row = Record<string, Value>;

/** What an expression is evaluated in. */
export interface Scope {
  columns: ReadonlySet<string>;
  /** Values of `let`. */
  values: ReadonlyMap<string, Value>;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Has the word, bounded by what is neither letter nor digit. */
function has(text: string, word: string): boolean {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'iu').test(text);
}

const texts: Record<string, (left: string, right: string) => boolean> = {
  '=~': (a, b) => a.toLowerCase() === b.toLowerCase(),
  contains: (a, b) => a.toLowerCase().includes(b.toLowerCase()),
  contains_cs: (a, b) => a.includes(b),
  startswith: (a, b) => a.toLowerCase().startsWith(b.toLowerCase()),
  startswith_cs: (a, b) => a.startsWith(b),
  endswith: (a, b) => a.toLowerCase().endsWith(b.toLowerCase()),
  endswith_cs: (a, b) => a.endsWith(b),
  has,
  'matches regex': (a, b) => new RegExp(b).test(a),
};

const orders: Record<string, (order: number) => boolean> = {
  '==': (order) => order === 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** The value of an expression in a row. @throws QueryError, UnsupportedQuery */
export function evaluate(expression: Expression, row: Row, scope: Scope): Value {
  const value = (part: Expression) => evaluate(part, row, scope);
  switch (expression.op) {
    case 'literal':
      return expression.value;
    case 'column':
      if (scope.columns.has(expression.name)) return row[expression.name] ?? null;
      if (scope.values.has(expression.name)) return scope.values.get(expression.name)!;
      throw new QueryError(`Failed to resolve column or scalar expression named '${expression.name}'`);
    case 'member':
      return member(value(expression.of), value(expression.key));
    case 'negate': {
      const number = asNumber(value(expression.of));
      return number === null ? null : -number;
    }
    case 'list':
      return expression.items.map(value);
    case 'call':
      return call(expression.name.toLowerCase(), expression.args, value, scope);
    case 'binary':
      return binary(expression.operator, expression.left, expression.right, value);
    case 'star':
      throw new QueryError("'*' stands for columns only in count and arg_max.");
  }
}

function call(name: string, args: Expression[], value: (part: Expression) => Value, scope: Scope): Value {
  if (name === 'iff' || name === 'iif') return value(asBoolean(value(args[0]!)) ? args[1]! : args[2]!);
  if (name === 'case') {
    for (let i = 0; i + 1 < args.length; i += 2) if (asBoolean(value(args[i]!))) return value(args[i + 1]!);
    return value(args.at(-1)!);
  }
  if (name === 'coalesce') {
    for (const arg of args) {
      const found = value(arg);
      if (found !== null && found !== '') return found;
    }
    return null;
  }
  const scalar = scalars[name];
  if (!scalar) throw new UnsupportedQuery(`the function ${name}()`);
  return scalar(args.map(value), scope.now);
}

function binary(operator: string, left: Expression, right: Expression, value: (part: Expression) => Value): Value {
  const word = operator.toLowerCase().replace(/\s+/g, ' ');
  if (word === 'and') return Boolean(asBoolean(value(left))) && Boolean(asBoolean(value(right)));
  if (word === 'or') return Boolean(asBoolean(value(left))) || Boolean(asBoolean(value(right)));
  const [a, b] = [value(left), value(right)];
  if (['+', '-', '*', '/', '%'].includes(word)) return arithmetic(word, a, b);
  // `!=`, `<>`, `!~`, `!in`, `!contains` …: what they deny.
  const denies = word.startsWith('!') || word === '<>';
  const positive = !denies ? word : ({ '!=': '==', '<>': '==', '!~': '=~' }[word] ?? word.slice(1));
  const truth = holds(positive, a, b);
  return denies ? !truth : truth;
}

function holds(word: string, a: Value, b: Value): boolean {
  const among = Array.isArray(b) ? b.flat() : [b];
  if (word === 'in') return among.some((one) => compare(a, one) === 0);
  if (word === 'in~') return among.some((one) => texts['=~']!(asText(a), asText(one)));
  if (word === 'has_any') return among.some((one) => has(asText(a), asText(one)));
  if (word === 'has_all') return among.every((one) => has(asText(a), asText(one)));
  if (word === 'between') {
    const [low, high] = [compare(a, among[0]!), compare(a, among[1]!)];
    return low !== null && high !== null && low >= 0 && high <= 0;
  }
  if (texts[word]) return texts[word](asText(a), asText(b));
  const test = orders[word];
  if (!test) throw new UnsupportedQuery(`the operator ${word}`);
  const order = compare(a, b);
  return order !== null && test(order);
}

function arithmetic(operator: string, a: Value, b: Value): Value {
  const [left, right] = [asNumber(a), asNumber(b)];
  if (left === null || right === null) return null;
  const results = { '+': left + right, '-': left - right, '*': left * right, '/': left / right, '%': left % right };
  const result = results[operator as keyof typeof results];
  if (a instanceof Date) return b instanceof Date ? new Timespan(result) : new Date(result);
  if (a instanceof Timespan || b instanceof Timespan)
    return b instanceof Date ? new Date(result) : new Timespan(result);
  // Integers divide to integers.
  return operator === '/' && Number.isInteger(left) && Number.isInteger(right) ? Math.trunc(result) : result;
}

/** The name that a column gets when the query gives none: `tags.env` → `tags_env`, `tolower(name)` → `name`. */
export function defaultName(expression: Expression): string | undefined {
  switch (expression.op) {
    case 'column':
      return expression.name;
    case 'member': {
      const of = defaultName(expression.of);
      const key = expression.key.op === 'literal' ? asText(expression.key.value) : undefined;
      return of === undefined || key === undefined ? undefined : `${of}_${key}`.replace(/[^A-Za-z0-9_]/g, '_');
    }
    case 'call':
      return /^(to|bin|parse_json)/i.test(expression.name) && expression.args[0]
        ? defaultName(expression.args[0])
        : undefined;
    default:
      return undefined;
  }
}
