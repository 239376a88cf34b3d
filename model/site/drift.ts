/** A setting that is not as it should be. */
export interface Drift {
  /** `networkRuleSet.defaultAction`, `subnets[workers].natGateway.id` */
  path: string;
  expected: unknown;
  /** Undefined: absent. */
  actual: unknown;
}

/**
 * Where a resource is not as its piece says. What the piece does not mention may be anything. Ids and other words are
 * compared without case; lists of named things by their names, other lists without order.
 * @param settings {@link Piece.settings}
 * @param actual as an Azure SDK gives the resource
 */
export function driftOf(settings: Record<string, unknown>, actual: object): Drift[] {
  return differences(settings, actual, '');
}

function differences(expected: unknown, actual: unknown, path: string): Drift[] {
  if (expected === undefined) return [];
  if (Array.isArray(expected)) return ofLists(expected, Array.isArray(actual) ? actual : [], path);
  if (isObject(expected)) {
    const present = isObject(actual) ? actual : {};
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, present[key], path ? `${path}.${key}` : key),
    );
  }
  return same(expected, actual) ? [] : [{ path, expected, actual }];
}

function ofLists(expected: unknown[], actual: unknown[], path: string): Drift[] {
  return expected.flatMap((item) => {
    if (isObject(item) && typeof item.name === 'string') {
      const at = `${path}[${item.name}]`;
      const found = actual.find((other) => isObject(other) && same(item.name, other.name));
      return found === undefined
        ? [{ path: at, expected: item.name, actual: undefined }]
        : differences(item, found, at);
    }
    const found = actual.some((other) => differences(item, other, '').length === 0);
    return found ? [] : [{ path, expected: item, actual }];
  });
}

function same(expected: unknown, actual: unknown): boolean {
  if (typeof expected !== 'string' || typeof actual !== 'string') return expected === actual;
  return expected.toLowerCase() === actual.toLowerCase();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
