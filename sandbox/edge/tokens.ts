import { createHash, createPrivateKey, createPublicKey, generateKeyPair, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { StoredMap } from '../core/state.ts';
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
  roles?: string[];
}

/** The key of a world's tokens. */
export interface TokenKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** Names it in tokens and in the key set. */
  id: string;
}

/** Opens the signing key (RSA, 2048 bits) that is kept, or creates it. */
export async function openTokenKey(kept: StoredMap<string>): Promise<TokenKey> {
  const pem = kept.get('tokens') ?? (await createKey());
  kept.set('tokens', pem);
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return { privateKey, publicKey, id: createHash('sha1').update(spki).digest('base64url') };
}

async function createKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/**
 * The tokens of a world: Entra version 1.0 access tokens (JWT, RS256).
 * @param rolesOf the app roles of a principal in the application that a token is for
 */
export function createTokens(
  clock: Clock,
  tenantId: string,
  key: TokenKey,
  rolesOf: (principal: Principal, resource: string) => string[] = () => [],
): Tokens {
  const header = encode({ typ: 'JWT', alg: 'RS256', x5t: key.id, kid: key.id });

  return {
    issue(principal, resource) {
      const now = Math.floor(clock.now() / 1000);
      const expiresOn = now + LIFETIME_SECONDS;
      const roles = rolesOf(principal, resource);
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
        ...(roles.length > 0 && { roles }),
        sub: principal.objectId,
        tid: tenantId,
        ver: '1.0',
      });
      const text = `${header}.${body}`;
      return { token: `${text}.${sign('sha256', Buffer.from(text), key.privateKey).toString('base64url')}`, expiresOn };
    },
    verify(authorization) {
      const match = /^Bearer\s+([\w-]+\.([\w-]+))\.([\w-]+)$/i.exec(authorization ?? '');
      if (!match) return undefined;
      const signature = Buffer.from(match[3]!, 'base64url');
      if (!verify('sha256', Buffer.from(match[1]!), key.publicKey, signature)) return undefined;
      const claims = JSON.parse(Buffer.from(match[2]!, 'base64url').toString('utf8')) as Claims;
      const now = clock.now() / 1000;
      if (now >= claims.exp || now < claims.nbf) return undefined;
      return { principal: principalOf(claims), audience: claims.aud, ...(claims.roles && { roles: claims.roles }) };
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
