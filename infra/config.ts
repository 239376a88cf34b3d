import { z } from 'zod';
import { StrongroomError } from '../model/errors.ts';
import { settingsSchema } from '../model/settings.ts';
import {
  environmentSchema,
  repositoryConfigSchema,
  siteConfigSchema,
  type Environment,
} from '../model/site/environment.ts';
import { isNear, nearest } from './nearest.ts';

const PROJECT = 'strongroom';
/** Keys of the provider that the program reads too. */
const PROVIDER_KEYS = { subscriptionId: 'azure-native:subscriptionId', tenantId: 'azure-native:tenantId' } as const;
/** Functions takes no more access restrictions than that. */
const MOST_ALLOWED_ADDRESSES = 512;
/** A value in a message is cut after so many characters. */
const LONGEST_VALUE = 80;

const addressRange = z
  .union([z.cidrv4(), z.cidrv6()], {
    error: 'must be an address range such as 203.0.113.0/24; of a single address 203.0.113.7/32',
  })
  .refine((range) => !range.endsWith('/0'), 'lets everybody in; name the ranges that may call the API');

/** Settings are read from texts, and take anything that can be made a number. */
const number = z
  .number()
  .optional()
  .transform((value): unknown => value);

/** What is read beside the environment. */
const stackSchema = z.object({
  tenantId: z.guid('must be the id, a GUID, of the Entra tenant of the subscription'),
  apiClientId: z.guid('must be the client id, a GUID, of the Entra application that stands for the API'),
  apiAllowedAddresses: z
    .array(addressRange)
    .max(MOST_ALLOWED_ADDRESSES, `must have ${MOST_ALLOWED_ADDRESSES} ranges at most`)
    .default([]),
  grantOnExisting: z.boolean('must be true or false').default(true),
  workerSize: z
    .string()
    .regex(/^[A-Z][a-z]+_\w+$/, 'must be a size of machines such as Standard_D4ds_v5')
    .optional()
    .pipe(settingsSchema.shape.STRONGROOM_WORKER_SIZE),
  workersPerSite: number.pipe(settingsSchema.shape.STRONGROOM_WORKERS_PER_SITE),
  sasSeconds: number.pipe(settingsSchema.shape.STRONGROOM_SAS_SECONDS),
  fullReadDays: number.pipe(settingsSchema.shape.STRONGROOM_FULL_READ_DAYS),
});

/** A stack's whole configuration. */
export type InfraConfig = z.infer<typeof stackSchema> & { environment: Environment };

const stackKeys = Object.keys(stackSchema.shape).filter((key) => key !== 'tenantId');
/** Keys that become a part of the environment under their own name. */
const environmentKeys = Object.keys(environmentSchema.shape).filter((key) => !['appliance', 'home'].includes(key));
/** Every key of the project, as in Pulumi.sample.yaml. */
export const configKeys: string[] = ['name', 'region', ...environmentKeys, ...stackKeys];

/**
 * Reads and checks a stack's configuration.
 * @param values all of it as Pulumi's runtime has it (`pulumi.runtime.allConfig()`): texts by full key, structured values as JSON
 * @throws INVALID_INPUT naming every key that is missing, wrong or unknown, its value and what is expected.
 */
export function readConfig(values: Record<string, string>): InfraConfig {
  const given = (key: string): unknown => valueOf(values[`${PROJECT}:${key}`]);
  const text = (key: string): string | undefined => values[`${PROJECT}:${key}`];
  const pick = (keys: string[]) =>
    Object.fromEntries(keys.map((key) => [key, key === 'workerSize' ? text(key) : given(key)]));
  const subscriptionId = values[PROVIDER_KEYS.subscriptionId];
  const region = text('region');
  const environment = environmentSchema.safeParse(
    {
      ...pick(environmentKeys),
      appliance: text('name') ?? PROJECT,
      home: { subscriptionId, region },
      // Most sites and repositories are in the appliance's subscription and region.
      sites: listed(given('sites') ?? [], { subscriptionId }),
      repositories: listed(given('repositories') ?? [{ name: 'main' }], { region }),
    },
    { error: explain },
  );
  const stack = stackSchema.safeParse(
    { ...pick(stackKeys), tenantId: values[PROVIDER_KEYS.tenantId] },
    { error: explain },
  );
  const problems = [
    ...unknownKeys(values),
    ...[environment, stack]
      .flatMap(({ error }) => error?.issues ?? [])
      .flatMap((issue) => problemsOf(issue, values))
      .map((problem) => `${problem}.`),
  ];
  if (environment.success && stack.success && problems.length === 0) {
    return { ...stack.data, environment: environment.data };
  }
  throw new StrongroomError(
    'INVALID_INPUT',
    [
      "The stack's configuration is wrong:",
      ...problems.map((problem) => `  ${problem}`),
      'Pulumi.sample.yaml explains every key.',
    ].join('\n'),
  );
}

/** Pulumi's configuration is text: numbers, truth values and structured values are JSON in it. */
function valueOf(text: string | undefined): unknown {
  if (text === undefined || !/^\s*([[{"]|-?\d+(\.\d+)?$|true$|false$)/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Entries with what they leave out; anything but a list of objects is left for the schema to refuse. */
function listed(value: unknown, defaults: Record<string, unknown>): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? { ...defaults, ...entry } : entry,
  );
}

/** Keys of the project that do not exist, and keys of a project whose name is almost this one's. */
function unknownKeys(values: Record<string, string>): string[] {
  return Object.keys(values).flatMap((key) => {
    const [namespace = '', ...rest] = key.split(':');
    const name = rest.join(':');
    if (namespace !== PROJECT) {
      return isNear(namespace, PROJECT) ? [`${key} is not read: did you mean ${PROJECT}:${name}?`] : [];
    }
    if (configKeys.includes(name)) return [];
    return [`${key} is no key of the configuration: did you mean ${PROJECT}:${nearest(name, configKeys)}?`];
  });
}

/** Zod's own words where a schema has none. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'is missing';
    const quotes = issue.expected === 'string' && ['number', 'boolean'].includes(typeof issue.input);
    return `must be ${typeWords[issue.expected] ?? issue.expected}${quotes ? ': put quotes around it' : ''}`;
  }
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  return undefined;
}

/** What the types of JSON are called in YAML. */
const typeWords: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an entry with keys and values',
  record: 'an entry with keys and values',
  string: 'a text',
};

/** What an issue of the schemas says about the configuration; nothing when another one says it already. */
function problemsOf(issue: z.core.$ZodIssue, values: Record<string, string>): string[] {
  const { path, message } = issue;
  const [key, rest] = keyOf(path.map((part) => (typeof part === 'symbol' ? String(part) : part)));
  let value: unknown = valueOf(values[key]);
  for (const part of rest) value = (value as Record<string, unknown> | undefined)?.[part];
  if (value === undefined && isInherited(path)) return [];
  const name = rest.reduce<string>((at, part) => (typeof part === 'number' ? `${at}[${part}]` : `${at}.${part}`), key);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    return issue.keys.map((unknown) => `${name} has the unknown key "${unknown}"; its keys are ${known.join(', ')}`);
  }
  const shown = value === undefined || message === 'is missing' ? '' : ` (${cut(JSON.stringify(value))})`;
  return [
    `${name}${shown} ${value === undefined && message.startsWith('must be') ? `is missing: it ${message}` : message}`,
  ];
}

/** What an entry has from the appliance when it says nothing itself: its mistake is named where it was made. */
function isInherited([list, , key]: PropertyKey[]): boolean {
  return (list === 'sites' && key === 'subscriptionId') || (list === 'repositories' && key === 'region');
}

/** The keys that an entry may have. */
function keysAt([list, , key]: PropertyKey[]): string[] {
  const { shape } = siteConfigSchema;
  if (list === 'repositories') return Object.keys(repositoryConfigSchema.shape);
  return Object.keys(key === 'subnets' ? shape.subnets.unwrap().shape : shape);
}

/** The configuration key that a path of the schemas comes from, and the path within its value. */
function keyOf([first, ...rest]: (string | number)[]): [string, (string | number)[]] {
  if (first === 'appliance') return [`${PROJECT}:name`, rest];
  if (first === 'home' && rest[0] === 'region') return [`${PROJECT}:region`, rest.slice(1)];
  if (first === 'home') return [PROVIDER_KEYS.subscriptionId, rest.slice(1)];
  if (first === 'tenantId') return [PROVIDER_KEYS.tenantId, rest];
  return [`${PROJECT}:${first}`, rest];
}

function cut(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
