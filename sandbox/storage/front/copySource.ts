import type { IncomingHttpHeaders } from 'node:http';
import { findAccount } from '../accounts.ts';
import { RULES_HEADER } from '../azurite/rules.ts';
import { sendTo } from '../dataPlane.ts';
import { rulesOf } from '../rules.ts';
import { refusalOf } from './authorization.ts';
import type { Refusal } from './errors.ts';
import type { StorageParts } from './parts.ts';

const SOURCE_HOST = /^([a-z0-9]+)\.blob\.core\.windows\.net$/;

/**
 * Whether the source of a copy can be read by whoever asks for the copy: with the SAS in its URL, with the token given for
 * it, or because it lies in the account that the request is for. Undefined: it can, or there is none.
 */
export async function refuseCopySource(
  accountName: string,
  url: URL,
  headers: IncomingHttpHeaders,
  { world, tokens, secrets, azurite }: StorageParts,
): Promise<Refusal | undefined> {
  const given = headers['x-ms-copy-source'];
  // Put Block From URL fetches its source itself.
  if (typeof given !== 'string' || url.searchParams.has('comp')) return undefined;
  const source = URL.canParse(given) ? new URL(given) : undefined;
  const name = source && SOURCE_HOST.exec(source.host)?.[1];
  if (!source || name === undefined) {
    const message = 'The local Azure copies from its own storage accounts only.';
    return { status: 501, code: 'NotImplemented', message };
  }
  const signed = source.searchParams.has('sig');
  if (name === accountName && !signed) return undefined;
  const account = findAccount(world, name);
  if (!account) return unverified(404, 'The specified resource does not exist.');
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
  const [container] = decodeURIComponent(source.pathname).split('/').filter(Boolean);
  const answer = await sendTo(azurite.ports().blob, {
    method: 'HEAD',
    path: `${source.pathname}${source.search}`,
    headers: {
      host: source.host,
      'x-ms-version': version ?? '2023-11-03',
      [RULES_HEADER]: JSON.stringify(rulesOf(world, secrets, { account, kind: 'blob', container })),
      ...(authorization !== undefined && { authorization }),
    },
  });
  if (answer.status < 300) return undefined;
  return unverified(answer.status, 'Could not verify the copy source within the specified time.');
}

function unverified(status: number, message: string): Refusal {
  return { status, code: 'CannotVerifyCopySource', message };
}
