import { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import { StrongroomError } from './errors.ts';
import type { RestoreTarget } from './activities.ts';

/** Bodies of the HTTP API, and its problem documents (RFC 9457). */

export const backupRequestSchema = z.strictObject({
  /** ARM id of a virtual machine. */
  resourceId: z.string().min(1),
  /** Name of the repository to write to; the environment's first when absent. */
  repository: z.string().optional(),
  /** False: Azure is not asked what changed; everything is read, only changed blocks are stored, no snapshot is kept. */
  changeTracking: z.boolean().optional(),
});
export type BackupRequest = z.infer<typeof backupRequestSchema>;

const diskNamePrefix = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

export const restoreRequestSchema = z
  .strictObject({
    point: z.string().min(1),
    /** `/subscriptions/{guid}/resourceGroups/{name}`; or give the two parts. */
    resourceGroupId: z.string().optional(),
    subscriptionId: z.guid().optional(),
    resourceGroup: z.string().min(1).max(90).optional(),
    /** Keys of the disks to restore (`os`, `lun0`, …); all when absent. */
    disks: z.array(z.string()).min(1).optional(),
    namePrefix: z
      .string()
      .regex(diskNamePrefix, 'must be up to 40 letters, digits, - and _, starting with a letter or digit')
      .optional(),
  })
  .refine(
    ({ resourceGroupId, subscriptionId, resourceGroup }) =>
      resourceGroupId ? !subscriptionId && !resourceGroup : subscriptionId && resourceGroup,
    {
      message: 'give either resourceGroupId, or both subscriptionId and resourceGroup',
    },
  );
export type RestoreRequest = z.infer<typeof restoreRequestSchema>;

/** What 202 answers carry beside `Location`. */
export interface Accepted {
  id: string;
  /** `/api/sessions/{id}` */
  session: string;
}

/** A restore point in a list. */
export interface PointSummary {
  id: string;
  time: string;
  resourceId: string;
  session: string;
  repository: string;
  consistency: string;
  disks: { key: string; name: string; size: number; mode: string; reason?: string; read: number; stored: number }[];
}

const groupShape = /^\/subscriptions\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/resourceGroups\/([^/]+)\/?$/i;

/** Where a restore goes. @throws INVALID_INPUT for a malformed group id */
export function restoreTarget(request: RestoreRequest): RestoreTarget {
  const { namePrefix } = request;
  const prefix = namePrefix === undefined ? {} : { namePrefix };
  if (request.resourceGroupId === undefined) {
    return { subscriptionId: request.subscriptionId!, resourceGroup: request.resourceGroup!, ...prefix };
  }
  const match = groupShape.exec(request.resourceGroupId);
  if (!match) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `"${request.resourceGroupId}" is not a resource group id. Expected /subscriptions/{guid}/resourceGroups/{name}.`,
    );
  }
  return { subscriptionId: match[1]!, resourceGroup: match[2]!, ...prefix };
}

/** Parses a JSON body. @throws INVALID_INPUT naming what is wrong and what a right body looks like */
export function parseBody<T>(text: string, schema: z.ZodType<T>, example: object): T {
  const wayOut = `Send a JSON body such as ${JSON.stringify(example)}.`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new StrongroomError('INVALID_INPUT', `The body is not JSON. ${wayOut}`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length ? `${path.join('.')}: ${message}` : message,
  );
  throw new StrongroomError('INVALID_INPUT', `The body is wrong. ${problems.join('; ')}. ${wayOut}`);
}

/** An RFC 9457 problem document. `code` is the product's own, `session` the one in the way (409). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode | 'UNAUTHENTICATED';
  [extension: string]: unknown;
}
