import { permissionMismatch, type Refusal } from './errors.ts';
import { operationOf } from './operations.ts';
import type { Exchange, StorageParts } from './parts.ts';
import { allowedTo, principalOf, scopeOf } from './roles.ts';

/**
 * Whether roles refuse one of the operations in an entity group transaction; the whole of it is then refused ("Performing
 * entity group transactions": sub-operations authorise separately).
 */
export function refuseTransaction(
  { request, account, url }: Exchange,
  body: Buffer,
  { world, tokens }: StorageParts,
): Refusal | undefined {
  const principalId = principalOf(request.headers.authorization, url.searchParams, tokens);
  if (principalId === undefined) return undefined;
  const refused = partsOf(body.toString('utf8')).some(({ method, path, headers }) => {
    const operation = operationOf({ kind: 'table', method, url: new URL(path, url), headers });
    return allowedTo(world.access, principalId, operation, scopeOf(account, 'table', operation)) === 'nothing';
  });
  return refused ? permissionMismatch : undefined;
}

/** The requests in a multipart body: a request line, and whether it names an ETag. */
function partsOf(body: string) {
  return body.split(/^--(?:batch|changeset)/m).flatMap((part) => {
    const [, method, path] = /^(GET|PUT|POST|PATCH|MERGE|DELETE) (\S+) HTTP/m.exec(part) ?? [];
    const tag = /^if-match:\s*(\S+)/im.exec(part)?.[1];
    return method === undefined ? [] : [{ method, path: path!, headers: tag === undefined ? {} : { 'if-match': tag } }];
  });
}
