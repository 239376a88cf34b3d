const token =
  /\s+|\/\/[^\n]*|\/\*[^]*?\*\/|("(?:[^"\\]|\\[^])*")|('(?:[^'\\]|\\[^])*')|([{}[\],:])|([A-Za-z_$][\w$]*)(?=\s*:)|(true|false|null|-?[\d.][\w.+-]*)/gy;
const controls: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const quoted = (text: string) => text.replace(/[\n\r\t]/g, (control) => controls[control]!);

/**
 * Reads JSON as ARM does: with comments, names without quotes, single quotes, lines broken inside of strings, and commas
 * at the end. Templates have all of that, and clients send them as they stand in their files.
 * @throws SyntaxError
 */
export function parseRelaxedJson(text: string): unknown {
  const parts: string[] = [];
  token.lastIndex = 0;
  for (let at = 0; at < text.length; at = token.lastIndex) {
    const match = token.exec(text);
    if (!match) throw new SyntaxError(`Unexpected character '${text[at]}' at position ${at}`);
    const [, double, single, mark, name, literal] = match;
    if (double !== undefined) parts.push(quoted(double));
    else if (single !== undefined) parts.push(quoted(JSON.stringify(single.slice(1, -1).replaceAll("\\'", "'"))));
    else if (name !== undefined) parts.push(JSON.stringify(name));
    else if (literal !== undefined) parts.push(literal);
    else if (mark !== undefined) {
      if ((mark === '}' || mark === ']') && parts.at(-1) === ',') parts.pop();
      parts.push(mark);
    }
  }
  return JSON.parse(parts.join(' ')) as unknown;
}
