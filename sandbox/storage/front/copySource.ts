import type { ArmResource } from '../../arm/types.ts';
import { findAccount } from '../accounts.ts';
import { RULES_HEADER } from '../azurite/rules.ts';
import { sendTo } from '../dataPlane.ts';
import { rulesOf } from '../rules.ts';
import { refusalOf } from './authorization.ts';
import { READ_BLOB } from './blobOperations.ts';
import { permissionMismatch, type Refusal } from './errors.ts';
import type { Exchange, StorageParts } from './parts.ts';
import { allowedTo, principalOf, scopeOf } from './roles.ts';

const SOURCE_HOST = /^([a-z0-9]+)\.blob\.core\.windows\.net$/;

/**
 * Whether the source of a copy can be read by whoever asks for the copy: with the SAS in its URL, with the token given for
 * it, or because it lies in the account that the request is for. Undefined: it can, or there is none.
 */
export async function refuseCopySource(exchange: Exchange, parts: StorageParts): Promise<Refusal | undefined> {
  const { request, account: target, url } = exchange;
  const given = request.headers['x-ms-copy-source'];
  if (typeof given !== 'string') return undefined;
  const source = URL.canParse(given) ? new URL(given) : undefined;
  const name = source && SOURCE_HOST.exec(source.host)?.[1];
  if (!source || name === undefined) {
    const message = 'The local Azure copies from its own storage accounts only.';
    return { status: 501, code: 'NotImplemented', message };
  }
  const account = findAccount(parts.world, name);
  if (!account) return unverified(404, 'The specified resource does not exist.');
  const brings = source.searchParams.has('sig') || request.headers['x-ms-copy-source-authorization'] !== undefined;
  const inside = name === target.name && !brings;
  // Put Block From URL fetches its source itself, with what is given for it.
  const fetches = url.searchParams.has('comp');
  const refusal = inside || fetches ? undefined : await unreadable(source, account, exchange, parts);
  return refusal ?? refuseReader(source, account, { exchange, inside: inside && !fetches }, parts);
}

/** Asks the source's account, as whoever asks for the copy would. */
async function unreadable(
  source: URL,
  account: ArmResource,
  { request: { headers } }: Exchange,
  { world, tokens, secrets, azurite }: StorageParts,
): Promise<Refusal | undefined> {
  const authorization = headers['x-ms-copy-source-authorization']?.toString();
  const version = headers['x-ms-version']?.toString();
  const asked = {
    kind: 'blob',
    method: 'HEAD',
    secure: true,
    authorization,
    version,
    query: source.searchParams,
  } as const;
  const refusal = refusalOf(asked, account, tokens, world.tenantId);
  if (refusal) return unverified(refusal.status, refusal.message);
  const answer = await sendTo(azurite.ports().blob, {
    method: 'HEAD',
    path: `${source.pathname}${source.search}`,
    headers: {
      host: source.host,
      'x-ms-version': version ?? '2023-11-03',
      [RULES_HEADER]: JSON.stringify(
        rulesOf(world, secrets, { account, kind: 'blob', container: containerOf(source) }),
      ),
      ...(authorization !== undefined && { authorization }),
    },
  });
  if (answer.status < 300) return undefined;
  return unverified(answer.status, 'Could not verify the copy source within the specified time.');
}

/**
 * Whether the roles of whoever reads the source refuse: the principal of the token given for it, or of its SAS. In the
 * account that the request is for it is the one who asks for the copy.
 */
function refuseReader(
  source: URL,
  account: ArmResource,
  { exchange: { request, url }, inside }: { exchange: Exchange; inside: boolean },
  { world, tokens }: StorageParts,
): Refusal | undefined {
  const { authorization, 'x-ms-copy-source-authorization': forSource } = request.headers;
  const reader = inside
    ? principalOf(authorization, url.searchParams, tokens)
    : principalOf(forSource?.toString(), source.searchParams, tokens);
  if (reader === undefined) return undefined;
  const scope = scopeOf(account, 'blob', { container: containerOf(source) });
  const allowed = allowedTo(world.access, reader, { anyOf: [[READ_BLOB]] }, scope);
  return allowed === 'nothing' ? unverified(403, permissionMismatch.message) : undefined;
}

function containerOf(source: URL): string {
  return decodeURIComponent(source.pathname).split('/').find(Boolean) ?? '';
}

function unverified(status: number, message: string): Refusal {
  return { status, code: 'CannotVerifyCopySource', message };
}
