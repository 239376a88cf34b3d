import { ArmError, type ArmResource } from '../../types.ts';

type Test = (resource: ArmResource) => boolean;

const same = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();

function groupOf(resource: ArmResource): string | undefined {
  return /\/resourceGroups\/([^/]+)/i.exec(resource.id)?.[1];
}

function bad(filter: string): ArmError {
  return new ArmError(400, 'InvalidFilterInQueryString', `Invalid $filter '${filter}' specified in the query string.`);
}

/** `name eq 'a'`, `name ne 'a'` and `substringof('a', name)`: the forms that the resources list documents. */
function comparison(clause: string, filter: string): Test {
  const value = (text: string) => text.replaceAll("''", "'");
  const within = /^substringof\('((?:[^']|'')*)',\s*(name|resourceGroup)\)$/i.exec(clause);
  if (within) {
    const part = value(within[1]!).toLowerCase();
    const name = within[2]!.toLowerCase() === 'name';
    return (r) => ((name ? r.name : groupOf(r)) ?? '').toLowerCase().includes(part);
  }
  const match = /^(\w+)\s+(eq|ne)\s+'((?:[^']|'')*)'$/i.exec(clause);
  if (!match) throw bad(filter);
  const wanted = value(match[3]!);
  const tests: Record<string, Test> = {
    resourcetype: (r) => same(r.type, wanted),
    name: (r) => same(r.name, wanted),
    location: (r) => same(r.location, wanted.replaceAll(' ', '')),
    resourcegroup: (r) => same(groupOf(r), wanted),
    tagname: (r) => Object.keys(r.tags ?? {}).some((key) => same(key, wanted)),
  };
  const test = tests[match[1]!.toLowerCase()];
  if (!test) throw bad(filter);
  return match[2]!.toLowerCase() === 'eq' ? test : (r) => !test(r);
}

/** `tagName eq 'a' and tagValue eq 'b'` is one condition on one tag; names compare without case, values with it. */
function tagPair(filter: string): Test | undefined {
  const match = /^tagName\s+eq\s+'((?:[^']|'')*)'\s+and\s+tagValue\s+eq\s+'((?:[^']|'')*)'$/i.exec(filter.trim());
  if (!match) return undefined;
  const [name, value] = [match[1]!, match[2]!].map((text) => text.replaceAll("''", "'"));
  return (r) => Object.entries(r.tags ?? {}).some(([key, content]) => same(key, name!) && content === value);
}

/**
 * The `$filter` of resource and resource group lists.
 * @throws ArmError 400 InvalidFilterInQueryString
 */
export function resourceFilter(filter: string | null): Test {
  if (!filter?.trim()) return () => true;
  const pair = tagPair(filter);
  if (pair) return pair;
  const alternatives = filter
    .split(/\s+or\s+/i)
    .map((part) =>
      part.split(/\s+and\s+/i).map((clause) => comparison(clause.trim().replace(/^\((.*)\)$/, '$1'), filter)),
    );
  return (resource) => alternatives.some((clauses) => clauses.every((test) => test(resource)));
}
