import { createPublicKey, timingSafeEqual, verify, constants, X509Certificate } from 'node:crypto';
import { guidOf } from '../../core/guid.ts';
import type { StoredMap } from '../../core/state.ts';
import type { Principal } from '../../core/types.ts';
import { people } from '../identities.ts';

/** An Entra application registration with its service principal in the world's tenant. */
export interface Application {
  name: string;
  clientId: string;
  /** Of the service principal; none: one that follows from the client id. */
  objectId?: string;
  secret?: string;
  /** PEM: the certificate that it signs in with. */
  certificate?: string;
  /** What it lets others be, where it is an API: tokens for it carry the values of the roles that one is assigned to. */
  appRoles?: AppRole[];
}

/** An app role with its assignments ("Add app roles to your application and receive them in the token"). */
export interface AppRole {
  /** In the claim `roles`: `Orders.Reader`. */
  value: string;
  /** `operator`, `deployer`, the client id of an application or the object id of any principal. */
  assignedTo: string[];
}

/** What a client shows to prove that it is an application. */
export type Proof = { secret: string } | { assertion: string };

/** What is wrong with a proof: an Entra error code and its text. */
export interface Wrong {
  code: number;
  text: string;
}

export interface Applications {
  /** Adds or replaces one; gives its principal. @throws when its certificate is none */
  register(application: Application): Principal;
  find(clientId: string): Application | undefined;
  /** The principal of that object id, when it is one of an application. */
  principal(objectId: string): Principal | undefined;
  /** The app roles of a principal in the application that a token is for: `api://<client id>` or the client id. */
  rolesOf(principal: Principal, resource: string): string[];
}

export function createApplications(kept: StoredMap<Application>): Applications {
  return {
    register(application) {
      if (application.certificate !== undefined) new X509Certificate(application.certificate);
      kept.set(application.clientId.toLowerCase(), application);
      return principalOf(application);
    },
    find: (clientId) => kept.get(clientId.toLowerCase()),
    rolesOf(principal, resource) {
      const clientId = resource
        .toLowerCase()
        .replace(/^api:\/\//, '')
        .replace(/\/$/, '');
      const person = Object.entries(people).find(([, { objectId }]) => objectId === principal.objectId)?.[0];
      const names = [principal.objectId, principal.clientId, person];
      const assigned = ({ assignedTo }: AppRole) => assignedTo.some((one) => names.includes(one));
      return (kept.get(clientId)?.appRoles ?? []).filter(assigned).map(({ value }) => value);
    },
    principal: (objectId) => [...kept.values()].map(principalOf).find((one) => one.objectId === objectId),
  };
}

export function principalOf({ name, clientId, objectId }: Application): Principal {
  const id = objectId ?? guidOf(`${clientId.toLowerCase()} object`);
  return { objectId: id, clientId, kind: 'ServicePrincipal', displayName: name };
}

/**
 * Why a proof does not hold; undefined: it does.
 * @param audiences the addresses of the token endpoint that an assertion may be for
 * @param now seconds
 */
export function wrongProof(
  application: Application,
  proof: Proof,
  audiences: string[],
  now: number,
): Wrong | undefined {
  const { clientId, secret, certificate } = application;
  if ('secret' in proof) {
    if (secret !== undefined && same(secret, proof.secret)) return undefined;
    const text =
      'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not ' +
      `the client secret ID, for a secret added to app '${clientId}'.`;
    return { code: 7000215, text };
  }
  const bad = (why: string): Wrong => ({ code: 700027, text: `Client assertion failed signature validation: ${why}.` });
  if (certificate === undefined) return bad(`no certificate is registered for app '${clientId}'`);
  const parts = proof.assertion.split('.');
  const header = decode(parts[0]);
  const claims = decode(parts[1]);
  if (parts.length !== 3 || !header || !claims) return bad('it is no JSON Web Token');
  if (header.alg !== 'RS256' && header.alg !== 'PS256') return bad(`its algorithm is ${String(header.alg)}`);
  const key = {
    key: createPublicKey(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'pem' })),
    padding: header.alg === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING,
  };
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  if (!verify('sha256', signed, key, Buffer.from(parts[2]!, 'base64url'))) return bad('the key did not match');
  if (claims.iss !== clientId || claims.sub !== clientId) return bad('iss and sub are not the client id');
  if (!audiences.includes(String(claims.aud)))
    return { code: 700023, text: 'Client assertion audience claim does not match Realm issuer.' };
  if (Number(claims.exp) <= now) return { code: 700024, text: 'Client assertion is not within its valid time range.' };
  return undefined;
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function decode(part: string | undefined): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
