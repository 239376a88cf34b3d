import { z } from 'zod';
import { versions } from '../../versions.ts';
import type { Registry } from '../../registry.ts';
import { ArmError, type ArmCall, type ArmReply, type Provider } from '../../types.ts';
import { parseKusto, QueryError, UnsupportedQuery } from './kusto.ts';
import { createQuota } from './quota.ts';
import { readQuery, type Query } from './syntax.ts';
import { openTables } from './tables.ts';
import { runQuery, type Table } from './tabular.ts';
import { toJson } from './values.ts';

/** Published versions (azure-rest-api-specs, resourcegraph). */
const resourceGraphVersions = versions(
  '2018-09-01-preview 2019-04-01 2020-04-01-preview 2020-09-01-preview 2021-03-01 2021-06-01-preview 2022-10-01 2024-04-01',
);

/** Most rows that one answer holds. */
const MOST_ROWS = 1000;

const request = z.object({
  query: z.string().min(1),
  subscriptions: z.array(z.string()).optional(),
  managementGroups: z.array(z.string()).optional(),
  facets: z.array(z.unknown()).optional(),
  options: z
    .object({
      $top: z.number().int().min(1).max(MOST_ROWS).optional(),
      $skip: z.number().int().min(0).optional(),
      $skipToken: z.string().optional(),
      resultFormat: z.enum(['objectArray', 'table']).optional(),
    })
    .loose()
    .optional(),
});
const token = z.object({ skip: z.number(), query: z.string() });

/**
 * Microsoft.ResourceGraph: `POST /providers/Microsoft.ResourceGraph/resources` runs a Kusto query over what ARM's store
 * holds at that moment. (Azure's follows changes with a delay of up to minutes.)
 */
export function createResourceGraph(registry: Registry): Provider {
  const quota = createQuota();
  return {
    namespace: 'Microsoft.ResourceGraph',
    apiVersions: resourceGraphVersions,
    types: [],
    other(call) {
      if (call.method !== 'POST' || call.path.type.toLowerCase() !== 'microsoft.resourcegraph/resources')
        return undefined;
      const headers = quota.take(call.principalId, call.world.clock.now());
      return { ...answer(call, registry), headers };
    },
  };
}

function answer(call: ArmCall, registry: Registry): ArmReply {
  const parsed = request.safeParse(call.body);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw badRequest('InvalidRequest', `${path.join('.') || 'The body'}: ${message}`);
  }
  const { query: text, subscriptions, managementGroups, facets = [], options = {} } = parsed.data;
  if (managementGroups) throw notHere('management groups');
  if (facets.length > 0) throw notHere('facets');
  const all = call.world.store.list({ type: 'Microsoft.Resources/subscriptions' }).map((one) => one.name);
  const inScope = subscriptions?.map((id) => id.toLowerCase()) ?? all;
  const { query, table } = attempt(() => {
    const read = readQuery(parseKusto(text));
    const tables = openTables(call, registry, inScope);
    return { query: read, table: runQuery(read, { table: tables, now: call.world.clock.now() }) };
  });
  const skip = options.$skipToken === undefined ? (options.$skip ?? 0) : readToken(options.$skipToken, text);
  const rows = table.rows.slice(skip, skip + (options.$top ?? MOST_ROWS));
  const more = skip + rows.length < table.rows.length;
  const pages = more && !isCut(query);
  return {
    status: 200,
    body: {
      totalRecords: table.rows.length,
      count: rows.length,
      data: options.resultFormat === 'table' ? asTable(table, rows) : rows.map((row) => asObject(table, row)),
      facets: [],
      resultTruncated: more && !pages ? 'true' : 'false',
      ...(pages && { $skipToken: writeToken(skip + rows.length, text) }),
    },
  };
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnsupportedQuery) throw new ArmError(501, 'SandboxNotSupported', error.message);
    if (error instanceof QueryError) {
      const at = error.at && {
        line: error.at.line,
        characterPositionInLine: error.at.character,
        token: error.at.token,
      };
      throw badRequest(at ? 'ParserFailure' : 'SemanticError', error.message, at);
    }
    throw error;
  }
}

/** Resource Graph's errors: the reason stands in `details`. */
function badRequest(code: string, message: string, more: object = {}): ArmError {
  const invalid = {
    code: 'InvalidQuery',
    message:
      'Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.',
  };
  return new ArmError(400, 'BadRequest', `Please provide below info when asking for support: ${message}`, {
    details: { details: [invalid, { code, message, ...more }] },
  });
}

function notHere(what: string): ArmError {
  return new ArmError(501, 'SandboxNotSupported', `The local Resource Graph does not support ${what}.`);
}

/** A query that cuts its own result is not paged. */
function isCut({ pipeline }: Query): boolean {
  return pipeline.steps.some((step) => step.op === 'take' || step.op === 'top');
}

function writeToken(skip: number, query: string): string {
  return Buffer.from(JSON.stringify({ skip, query })).toString('base64url');
}

function readToken(text: string, query: string): number {
  const refuse = () => badRequest('InvalidSkipToken', `The skip token '${text}' does not belong to this query.`);
  try {
    const read = token.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (read.query === query) return read.skip;
  } catch {
    throw refuse();
  }
  throw refuse();
}

function asObject({ columns }: Table, row: Table['rows'][number]): Record<string, unknown> {
  return Object.fromEntries(columns.map((name) => [name, toJson(row[name] ?? null)]));
}

function asTable({ columns }: Table, rows: Table['rows']): unknown {
  const typeOf = (name: string) => {
    const value = rows.map((row) => row[name]).find((one) => one !== null && one !== undefined);
    if (typeof value === 'number') return 'integer';
    if (typeof value === 'boolean') return 'boolean';
    return typeof value === 'object' ? 'object' : 'string';
  };
  return {
    columns: columns.map((name) => ({ name, type: typeOf(name) })),
    rows: rows.map((row) => columns.map((name) => toJson(row[name] ?? null))),
  };
}
