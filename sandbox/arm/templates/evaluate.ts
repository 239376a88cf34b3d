import { parseExpression, TemplateError, type Expression } from './expression.ts';

/** A template function. Arguments are evaluated before it is called, but those of `if`, which picks one. */
export type TemplateFunction = (...args: unknown[]) => unknown;

/** Functions by lower-case name. */
export type Functions = Record<string, TemplateFunction>;

/** A JSON object whose names are found whatever their casing, as ARM does. */
function property(of: unknown, name: unknown): unknown {
  if (Array.isArray(of)) return of[Number(name)];
  if (typeof of !== 'object' || of === null) return undefined;
  const wanted = String(name).toLowerCase();
  const key = Object.keys(of).find((one) => one.toLowerCase() === wanted);
  return key === undefined ? undefined : (of as Record<string, unknown>)[key];
}

function run(expression: Expression, functions: Functions): unknown {
  if (expression.kind === 'value') return expression.value;
  if (expression.kind === 'member') {
    const of = run(expression.of, functions);
    const name = run(expression.name, functions);
    const found = property(of, name);
    if (found === undefined && !expression.safe) {
      throw new TemplateError(`The language expression property '${String(name)}' doesn't exist.`);
    }
    return found ?? null;
  }
  const name = expression.name.toLowerCase();
  const { args } = expression;
  if (name === 'if') {
    const [condition, yes, no] = args;
    if (!condition || !yes || !no) throw new TemplateError("The template function 'if' takes three arguments.");
    return run(run(condition, functions) === true ? yes : no, functions);
  }
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!known) throw new TemplateError(`The template function '${expression.name}' is not valid.`);
  return known(...args.map((arg) => run(arg, functions)));
}

/** The value of a template string: an expression in brackets, or the text itself (`[[` stands for `[`). */
function text(value: string, functions: Functions): unknown {
  if (!value.startsWith('[') || !value.endsWith(']')) return value;
  if (value.startsWith('[[')) return value.slice(1);
  return run(parseExpression(value.slice(1, -1)), functions);
}

interface PropertyCopy {
  name: string;
  count: unknown;
  input: unknown;
}

/** `copy: [{name, count, input}]` in an object makes an array property of each ("Property iteration in ARM templates"). */
function copies(list: PropertyCopy[], functions: Functions): Record<string, unknown> {
  return Object.fromEntries(
    list.map(({ name, count, input }) => {
      const times = Number(evaluate(count, functions));
      const outer = functions.copyindex;
      const items = Array.from({ length: times }, (_, i) => {
        const copyindex: TemplateFunction = (first, second) => {
          if (typeof first === 'string' && first.toLowerCase() !== name.toLowerCase()) return outer?.(first, second);
          return i + Number((typeof first === 'string' ? second : first) ?? 0);
        };
        return evaluate(input, { ...functions, copyindex });
      });
      return [name, items];
    }),
  );
}

/**
 * A part of a template with every expression in it replaced by its value.
 * @throws TemplateError, and what the functions throw
 */
export function evaluate(part: unknown, functions: Functions): unknown {
  if (typeof part === 'string') return text(part, functions);
  if (Array.isArray(part)) return part.map((item) => evaluate(item, functions));
  if (typeof part !== 'object' || part === null) return part;
  const { copy, ...plain } = part as Record<string, unknown>;
  const iterates =
    Array.isArray(copy) && copy.every((one) => typeof one === 'object' && one !== null && 'input' in one);
  const entries = Object.entries(iterates ? plain : (part as Record<string, unknown>)).map(([key, value]) => [
    String(text(key, functions)),
    evaluate(value, functions),
  ]);
  return {
    ...(Object.fromEntries(entries) as Record<string, unknown>),
    ...(iterates && copies(copy as PropertyCopy[], functions)),
  };
}
