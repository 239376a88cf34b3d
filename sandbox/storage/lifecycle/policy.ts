import { ArmError } from '../../arm/types.ts';

/** How old a blob must be for an action; of several, all count. */
export interface Age {
  daysAfterModificationGreaterThan?: number;
  daysAfterCreationGreaterThan?: number;
  daysAfterLastTierChangeGreaterThan?: number;
}
type ActionName = 'delete' | 'tierToArchive' | 'tierToCold' | 'tierToCool';
export type Actions = Partial<Record<ActionName, Age>>;

export interface Rule {
  name: string;
  enabled?: boolean;
  type?: string;
  definition: {
    actions: { baseBlob?: Actions; snapshot?: Actions; version?: Actions };
    filters?: { blobTypes?: string[]; prefixMatch?: string[]; blobIndexMatch?: unknown[] };
  };
}

/** A blob, snapshot or previous version that rules are applied to. Times in milliseconds. */
export interface Candidate {
  kind: 'baseBlob' | 'snapshot' | 'version';
  container: string;
  name: string;
  /** `blockBlob` or `appendBlob` */
  blobType: string;
  created: number;
  modified: number;
  tier: string | undefined;
  tierChanged: number | undefined;
}

export type Outcome = 'delete' | 'Archive' | 'Cold' | 'Cool';

const DAY_MS = 86_400_000;
/** Where several actions are due, the cheapest is taken ("Lifecycle management policies"). */
const CHEAPEST_FIRST: [ActionName, Outcome][] = [
  ['delete', 'delete'],
  ['tierToArchive', 'Archive'],
  ['tierToCold', 'Cold'],
  ['tierToCool', 'Cool'],
];
const COLDNESS = ['Hot', 'Cool', 'Cold', 'Archive'];

/** The rules of a management policy's properties. */
export function rulesOf(properties: Record<string, unknown> | undefined): Rule[] {
  return ((properties?.policy as { rules?: Rule[] } | undefined)?.rules ?? []) as Rule[];
}

/** @throws ArmError 400 for rules that cannot be kept, 501 for what cannot be executed here */
export function checkLifecycle(properties: Record<string, unknown>): void {
  const rules = rulesOf(properties);
  const refuse = (message: string) => new ArmError(400, 'InvalidValuesForRequestParameters', message);
  if (rules.length === 0 || rules.length > 100) throw refuse('A management policy has from 1 to 100 rules.');
  const names = new Set<string>();
  for (const { name, type, definition } of rules) {
    if (!/^[a-zA-Z0-9-]{1,256}$/.test(name ?? '')) throw refuse(`The name of a rule, '${name ?? ''}', is invalid.`);
    if (names.has(name.toLowerCase())) throw refuse(`The name of rule '${name}' is not unique.`);
    names.add(name.toLowerCase());
    if (type !== undefined && type !== 'Lifecycle') throw refuse(`The type of rule '${name}' must be 'Lifecycle'.`);
    const actions = Object.values(definition?.actions ?? {}).flatMap((kind) => Object.entries(kind ?? {}));
    if (actions.length === 0) throw refuse(`Rule '${name}' has no action.`);
    if (!definition.filters?.blobTypes?.length) throw refuse(`Rule '${name}' must name the blobTypes that it filters.`);
    const unknown = actions.find(([action]) => !CHEAPEST_FIRST.some(([known]) => known === action));
    if (
      unknown ||
      definition.filters.blobIndexMatch?.length ||
      actions.some(([, age]) => 'daysAfterLastAccessTimeGreaterThan' in age)
    ) {
      throw new ArmError(
        501,
        'SandboxNotSupported',
        `Rule '${name}' has ${unknown ? `the action '${unknown[0]}'` : 'conditions on index tags or access times'}, which the local Azure does not execute.`,
      );
    }
  }
}

/** What the rules want done with a blob now; undefined: nothing. */
export function outcomeOf(rules: Rule[], blob: Candidate, now: number): Outcome | undefined {
  const due = rules.filter((rule) => applies(rule, blob));
  for (const [action, outcome] of CHEAPEST_FIRST) {
    const ages = due.flatMap(({ definition }) => definition.actions[blob.kind]?.[action] ?? []);
    if (!ages.some((age) => isDue(age, blob, now))) continue;
    if (outcome === 'delete') return outcome;
    const colder = COLDNESS.indexOf(outcome) > COLDNESS.indexOf(blob.tier ?? 'Hot');
    return blob.blobType === 'blockBlob' && colder ? outcome : undefined;
  }
  return undefined;
}

function applies({ enabled = true, definition: { filters } }: Rule, blob: Candidate): boolean {
  const { blobTypes = [], prefixMatch } = filters ?? {};
  const path = `${blob.container}/${blob.name}`;
  const prefixed = !prefixMatch?.length || prefixMatch.some((prefix) => path.startsWith(prefix));
  return enabled && blobTypes.includes(blob.blobType) && prefixed;
}

function isDue(age: Age, { created, modified, tierChanged }: Candidate, now: number): boolean {
  const passed = (days: number | undefined, since: number) => days === undefined || now - since > days * DAY_MS;
  return (
    passed(age.daysAfterModificationGreaterThan, modified) &&
    passed(age.daysAfterCreationGreaterThan, created) &&
    passed(age.daysAfterLastTierChangeGreaterThan, tierChanged ?? created)
  );
}
