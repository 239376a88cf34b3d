/** A text in which `*` stands for any characters, compared whole and without regard to case; or a regular expression. */
export type Pattern = string | RegExp;

export function matches(pattern: Pattern, text: string): boolean {
  return compile(pattern).test(text);
}

/** The same for a path with its query; a text without `?` says nothing about the query. */
export function matchesPath(pattern: Pattern, path: string): boolean {
  const whole = pattern instanceof RegExp || pattern.includes('?');
  return matches(pattern, whole ? path : path.split('?')[0]!);
}

const compiled = new Map<string, RegExp>();

function compile(pattern: Pattern): RegExp {
  if (pattern instanceof RegExp) return pattern;
  const known = compiled.get(pattern) ?? new RegExp(`^${pattern.split('*').map(escape).join('.*')}$`, 'is');
  compiled.set(pattern, known);
  return known;
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
