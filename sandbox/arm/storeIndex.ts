/** Every prefix of an id that ends before a slash: subscription, group, parents. */
function ancestors(key: string): string[] {
  const found: string[] = [];
  for (let at = key.lastIndexOf('/'); at >= 0; at = key.lastIndexOf('/', at - 1)) {
    found.push(key.slice(0, at));
    if (at === 0) break;
  }
  return found;
}

/** Sets of keys by name, without empty ones. */
function createSets() {
  const sets = new Map<string, Set<string>>();
  return {
    get: (name: string): ReadonlySet<string> => sets.get(name) ?? new Set(),
    add(name: string, key: string) {
      const set = sets.get(name) ?? new Set();
      sets.set(name, set.add(key));
    },
    remove(name: string, key: string) {
      const set = sets.get(name);
      set?.delete(key);
      if (set?.size === 0) sets.delete(name);
    },
  };
}

/** Which ids (in the form of `idKey`) are of a type, and which stand below another; in the order in which they came. */
export function createIndex() {
  const byType = createSets();
  const byAncestor = createSets();
  return {
    add(key: string, type: string) {
      byType.add(type.toLowerCase(), key);
      for (const ancestor of ancestors(key)) byAncestor.add(ancestor, key);
    },
    remove(key: string, type: string) {
      byType.remove(type.toLowerCase(), key);
      for (const ancestor of ancestors(key)) byAncestor.remove(ancestor, key);
    },
    under: (key: string): string[] => [...byAncestor.get(key)],
    list(type: string, under: string | undefined): string[] {
      const typed = byType.get(type.toLowerCase());
      if (under === undefined) return [...typed];
      const below = byAncestor.get(under);
      return below.size < typed.size
        ? [...below].filter((key) => typed.has(key))
        : [...typed].filter((key) => below.has(key));
    },
  };
}
