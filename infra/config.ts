import { z } from 'zod';
import { StrongroomError } from '../model/errors.ts';
import { settingsSchema } from '../model/settings.ts';
import {
  environmentSchema,
  repositoryConfigSchema,
  siteConfigSchema,
  type Environment,
} from '../model/site/environment.ts';
import { nearest } from './nearest.ts';

const PROJECT = 'strongroom';
/** Keys of the provider that the program reads too. */
const PROVIDER_KEYS = { subscriptionId: 'azure-native:subscriptionId', tenantId: 'azure-native:tenantId' } as const;
/** Functions takes no more access restrictions than that. */
const MOST_ALLOWED_ADDRESSES = 512;
/** A value in a message is cut after so many characters. */
const LONGEST_VALUE = 80;

const addressRange = z
  .union([z.cidrv4(), z.cidrv6()], { error: 'must be an address range such as 203.0.113.0/24' })
  .refine((range) => !range.endsWith('/0'), 'lets everybody in; name the ranges that may call the API');

/** What is read beside the environment. */
const stackSchema = z.object({
  tenantId: z.guid('must be the Entra tenant of the subscription'),
  apiClientId: z.guid('must be the client id of the Entra application that stands for the API'),
  apiAllowedAddresses: z
    .array(addressRange)
    .max(MOST_ALLOWED_ADDRESSES, `must have ${MOST_ALLOWED_ADDRESSES} ranges at most`)
    .default([]),
  grantOnExisting: z.boolean('must be true or false').default(true),
  workerSize: settingsSchema.shape.STRONGROOM_WORKER_SIZE,
  workersPerSite: settingsSchema.shape.STRONGROOM_WORKERS_PER_SITE,
  sasSeconds: settingsSchema.shape.STRONGROOM_SAS_SECONDS,
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
  const pick = (keys: string[]) => Object.fromEntries(keys.map((key) => [key, given(key)]));
  const subscriptionId = values[PROVIDER_KEYS.subscriptionId];
  const region = textOf(given('region'));
  const environment = environmentSchema.safeParse(
    {
      ...pick(environmentKeys),
      appliance: given('name') ?? PROJECT,
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
    ...[environment, stack].flatMap(({ error }) => error?.issues ?? []).map((issue) => problemOf(issue, values)),
  ];
  if (environment.success && stack.success && problems.length === 0) {
    return { ...stack.data, environment: environment.data };
  }
  throw new StrongroomError(
    'INVALID_INPUT',
    `The stack's configuration is wrong. ${problems.join('. ')}. Pulumi.sample.yaml explains every key.`,
  );
}

/** Pulumi's configuration is text: numbers, truth values and structured values are JSON in it. */
function valueOf(text: string | undefined): unknown {
  if (text === undefined || !/^\s*([[{"]|-?\d+$|true$|false$)/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textOf(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}

/** Entries with what they leave out; anything but a list of objects is left for the schema to refuse. */
function listed(value: unknown, defaults: Record<string, unknown>): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? { ...defaults, ...entry } : entry,
  );
}

function unknownKeys(values: Record<string, string>): string[] {
  return Object.keys(values)
    .filter((key) => key.startsWith(`${PROJECT}:`))
    .map((key) => key.slice(PROJECT.length + 1))
    .filter((key) => !configKeys.includes(key))
    .map(
      (key) => `${PROJECT}:${key} is no key of the configuration; did you mean ${PROJECT}:${nearest(key, configKeys)}?`,
    );
}

/** Zod's own words where a schema has none. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'is missing';
    return `must be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
  }
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys({
      ...siteConfigSchema.shape,
      ...repositoryConfigSchema.shape,
      nextHop: 0,
      natGateway: 0,
    });
    const [key] = issue.keys;
    return `has the unknown key "${key}"; did you mean "${nearest(key!, known)}"?`;
  }
  return undefined;
}

function problemOf({ path, message }: z.core.$ZodIssue, values: Record<string, string>): string {
  const [key, rest] = keyOf(path.map((part) => (typeof part === 'symbol' ? String(part) : part)));
  let value: unknown = valueOf(values[key]);
  for (const part of rest) value = (value as Record<string, unknown> | undefined)?.[part];
  const name = rest.reduce<string>((at, part) => (typeof part === 'number' ? `${at}[${part}]` : `${at}.${part}`), key);
  const shown = value === undefined || message === 'is missing' ? '' : ` (${cut(JSON.stringify(value))})`;
  return `${name}${shown} ${value === undefined && message.startsWith('must be') ? `is missing: it ${message}` : message}`;
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
