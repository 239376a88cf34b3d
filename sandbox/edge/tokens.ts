import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock, Principal, Tokens } from '../core/types.ts';

/** How long Entra's tokens for managed identities live: 24 hours. */
const LIFETIME_SECONDS = 86_400;
/** Entra's tokens are valid from five minutes before they are issued. */
const SKEW_SECONDS = 300;

interface Claims {
  aud: string;
  exp: number;
  nbf: number;
  oid: string;
  appid: string;
  idtyp: 'user' | 'app';
  name: string;
}

/**
 * The tokens of a world: Entra version 1.0 access tokens (JWT), signed with a key that only this world knows. Clients
 * treat access tokens as opaque, so the algorithm is HS256 instead of Entra's RS256.
 */
export function createTokens(clock: Clock, tenantId: string): Tokens {
  const key = randomBytes(32);
  const header = encode({ typ: 'JWT', alg: 'HS256' });
  const sign = (text: string) => createHmac('sha256', key).update(text).digest();

  return {
    issue(principal, resource) {
      const now = Math.floor(clock.now() / 1000);
      const expiresOn = now + LIFETIME_SECONDS;
      const body = encode({
        aud: resource,
        iss: `https://sts.windows.net/${tenantId}/`,
        iat: now - SKEW_SECONDS,
        nbf: now - SKEW_SECONDS,
        exp: expiresOn,
        appid: principal.clientId,
        idtyp: principal.kind === 'User' ? 'user' : 'app',
        name: principal.displayName,
        oid: principal.objectId,
        sub: principal.objectId,
        tid: tenantId,
        ver: '1.0',
      });
      const text = `${header}.${body}`;
      return { token: `${text}.${sign(text).toString('base64url')}`, expiresOn };
    },
    verify(authorization) {
      const match = /^Bearer\s+([\w-]+\.([\w-]+))\.([\w-]+)$/i.exec(authorization ?? '');
      if (!match) return undefined;
      const given = Buffer.from(match[3]!, 'base64url');
      const expected = sign(match[1]!);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const claims = JSON.parse(Buffer.from(match[2]!, 'base64url').toString('utf8')) as Claims;
      const now = clock.now() / 1000;
      if (now >= claims.exp || now < claims.nbf) return undefined;
      return { principal: principalOf(claims), audience: claims.aud };
    },
  };
}

function principalOf(claims: Claims): Principal {
  const kind = claims.idtyp === 'user' ? 'User' : 'ServicePrincipal';
  return { objectId: claims.oid, clientId: claims.appid, kind, displayName: claims.name };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
