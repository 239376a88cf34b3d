/**
 * SDK serializers drop what they do not know without a word. This says which inputs of a resource are not in a body on
 * the wire. ARM wraps properties that azure-native and the SDKs show flat, at any depth, in `properties`.
 */

/** Paths (`a.b[0].c`) of inputs that the body lacks or holds with another value. Absent inputs (null) are no inputs. */
export function missingOnWire(inputs: unknown, body: unknown, wireNames: Record<string, string>, at = ''): string[] {
  if (inputs === null || inputs === undefined) return [];
  if (Array.isArray(inputs)) {
    if (!Array.isArray(body) || body.length > inputs.length) return [at];
    return inputs.flatMap((input, i) => missingOnWire(input, body[i], wireNames, `${at}[${i}]`));
  }
  if (typeof inputs === 'object') {
    if (typeof body !== 'object' || body === null) return [at];
    return Object.entries(inputs).flatMap(([key, value]) =>
      missingOnWire(value, property(body, wireNames[key] ?? key), wireNames, at ? `${at}.${key}` : key),
    );
  }
  return inputs === body ? [] : [at];
}

/** The value that a body holds at a path of inputs (`a.b[0].c`). */
export function valueOnWire(body: unknown, path: string, wireNames: Record<string, string>): unknown {
  const keys = path.split(/\.|\[|\]\.?/).filter((key) => key !== '');
  return keys.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? property(value, wireNames[key] ?? key) : undefined),
    body,
  );
}

function property(body: object, key: string): unknown {
  const own = (body as Record<string, unknown>)[key];
  if (own !== undefined) return own;
  const { properties } = body as { properties?: unknown };
  return typeof properties === 'object' && properties !== null
    ? (properties as Record<string, unknown>)[key]
    : undefined;
}
