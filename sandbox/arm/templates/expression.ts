/** A parsed template expression (Azure Resource Manager: "Syntax and expressions in ARM templates"). */
export type Expression =
  | { kind: 'value'; value: string | number }
  | { kind: 'call'; name: string; args: Expression[] }
  | { kind: 'member'; of: Expression; name: Expression; safe: boolean };

/** An expression or template that cannot be understood; the deployment says so with code `InvalidTemplate`. */
export class TemplateError extends Error {
  override name = 'TemplateError';
}

const token = /\s*(?:('(?:[^']|'')*')|(-?\d+)|([A-Za-z_][\w.]*(?=\s*\())|([A-Za-z_]\w*)|(\.\?|[()[\],.]))/y;

function tokens(text: string): string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (!match) throw new TemplateError(`Unable to parse language expression '${text}': unexpected text at ${at}.`);
    found.push(match[0].trim());
  }
  return found;
}

/**
 * Parses what stands between the brackets of a template string.
 * @throws TemplateError
 */
export function parseExpression(text: string): Expression {
  const all = tokens(text);
  let at = 0;
  const fail = (wanted: string) =>
    new TemplateError(
      `Unable to parse language expression '${text}': expected ${wanted}, found '${all[at] ?? 'end'}'.`,
    );
  const take = (wanted: string) => {
    if (all[at] !== wanted) throw fail(`'${wanted}'`);
    at++;
  };

  function primary(): Expression {
    const next = all[at++];
    if (next === undefined) throw fail('a value');
    if (next.startsWith("'")) return { kind: 'value', value: next.slice(1, -1).replaceAll("''", "'") };
    if (/^-?\d/.test(next)) return { kind: 'value', value: Number(next) };
    if (!/^[A-Za-z_]/.test(next)) throw fail('a value');
    take('(');
    const args: Expression[] = [];
    while (all[at] !== ')') {
      if (args.length > 0) take(',');
      args.push(expression());
    }
    take(')');
    return { kind: 'call', name: next, args };
  }

  function expression(): Expression {
    let result = primary();
    for (;;) {
      if (all[at] === '.' || all[at] === '.?') {
        const safe = all[at++] === '.?';
        const name = all[at++];
        if (name === undefined || !/^[A-Za-z_]/.test(name)) throw fail('a property name');
        result = { kind: 'member', of: result, name: { kind: 'value', value: name }, safe };
      } else if (all[at] === '[') {
        at++;
        result = { kind: 'member', of: result, name: expression(), safe: false };
        take(']');
      } else return result;
    }
  }

  const result = expression();
  if (at < all.length) throw fail('the end');
  return result;
}
