/** A setting that is not as it should be. */
export interface Drift {
  /** `networkRuleSet.defaultAction`, `subnets[workers].natGateway.id` */
  path: string;
  /** Undefined: nothing of the kind. */
  expected: unknown;
  /** Undefined: absent. */
  actual: unknown;
}

/** Lists of firewalls: an entry that the piece does not name opens or closes what it wants otherwise. */
const firewallLists = /(^|\.)(securityRules|ipRules|virtualNetworkRules)$/;

/**
 * Where a resource is not as its piece says. What the piece does not mention may be anything, but for entries of firewalls.
 * Ids and other words are compared without case, locations without spaces too (`West Europe`); lists of named things by
 * their names, other lists without order.
 * @param settings {@link Piece.settings}
 * @param actual as an Azure SDK gives the resource
 */
export function driftOf(settings: Record<string, unknown>, actual: object): Drift[] {
  return differences(settings, actual, '');
}

function differences(expected: unknown, actual: unknown, path: string): Drift[] {
  if (expected === undefined) return [];
  if (Array.isArray(expected)) {
    const present = Array.isArray(actual) ? actual : [];
    return [...ofLists(expected, present, path), ...(firewallLists.test(path) ? surplus(expected, present, path) : [])];
  }
  if (isObject(expected)) {
    const present = isObject(actual) ? actual : {};
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, present[key], path ? `${path}.${key}` : key),
    );
  }
  return same(expected, actual, path) ? [] : [{ path, expected, actual }];
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

/** Entries that the piece does not name. */
function surplus(expected: unknown[], actual: unknown[], path: string): Drift[] {
  return actual.flatMap((item) => {
    if (isObject(item) && typeof item.name === 'string') {
      const named = expected.some((other) => isObject(other) && same(other.name, item.name));
      return named ? [] : [{ path: `${path}[${item.name}]`, expected: undefined, actual: item.name }];
    }
    const wanted = expected.some((other) => differences(other, item, '').length === 0);
    return wanted ? [] : [{ path, expected: undefined, actual: item }];
  });
}

function same(expected: unknown, actual: unknown, path = ''): boolean {
  if (typeof expected !== 'string' || typeof actual !== 'string') return expected === actual;
  const plain = (word: string) => (path === 'location' ? word.replaceAll(' ', '') : word).toLowerCase();
  return plain(expected) === plain(actual);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
