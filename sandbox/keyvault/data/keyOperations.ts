import type { Hono } from 'hono';
import type { ArmResource } from '../../arm/types.ts';
import { vaultUrl } from '../contents/bundles.ts';
import type { KeyVersion } from '../contents/versions.ts';
import { decrypt, encrypt } from '../crypto/encryption.ts';
import { sign, verify } from '../crypto/signature.ts';
import { disabled, invalidValue, operationNotPermitted, outOfWindow } from '../errors.ts';
import { allow, bodyOf, nameOf, type DataParts, type VaultEnv } from './call.ts';

type Work = (key: KeyVersion, algorithm: string, body: Record<string, unknown>) => Buffer | boolean;

interface Operation {
  /** As `key_ops` and access policies name it. */
  name: string;
  dataAction: string;
  work: Work;
  /** Only while the key is valid. What was made while it was valid can be opened and verified afterwards (About keys). */
  protects: boolean;
}

function bytes(body: Record<string, unknown>, field: string): Buffer {
  const value = body[field];
  if (typeof value !== 'string' || value === '' || !/^[\w-]+={0,2}$/.test(value)) throw invalidValue(field);
  return Buffer.from(value, 'base64url');
}

const encrypts: Work = (key, algorithm, body) => encrypt(key.material, algorithm, bytes(body, 'value'));
const decrypts: Work = (key, algorithm, body) => decrypt(key.material, algorithm, bytes(body, 'value'));

/** By the path's last segment. */
const operations: Record<string, Operation> = {
  encrypt: { name: 'encrypt', dataAction: 'encrypt/action', work: encrypts, protects: true },
  decrypt: { name: 'decrypt', dataAction: 'decrypt/action', work: decrypts, protects: false },
  wrapkey: { name: 'wrapKey', dataAction: 'wrap/action', work: encrypts, protects: true },
  unwrapkey: { name: 'unwrapKey', dataAction: 'unwrap/action', work: decrypts, protects: false },
  sign: {
    name: 'sign',
    dataAction: 'sign/action',
    work: (key, algorithm, body) => sign(key.material, algorithm, bytes(body, 'value')),
    protects: true,
  },
  verify: {
    name: 'verify',
    dataAction: 'verify/action',
    work: (key, algorithm, body) => verify(key.material, algorithm, bytes(body, 'digest'), bytes(body, 'value')),
    protects: false,
  },
};

/** @throws VaultError 403 */
function checkUsable(key: KeyVersion, { name, protects }: Operation, now: number): void {
  if (!key.enabled) throw disabled('key', name);
  if (!key.keyOps.includes(name)) throw operationNotPermitted(name);
  if (!protects) return;
  if (key.exp !== undefined && now >= key.exp) throw outOfWindow(name, 'expired');
  if (key.nbf !== undefined && now < key.nbf) throw outOfWindow(name, 'not yet valid');
}

/** Encrypt, decrypt, wrap, unwrap, sign and verify with a version of a key; without one, the newest. */
export function keyOperationRoutes(app: Hono<VaultEnv>, parts: DataParts): void {
  const { vaults, clock } = parts;
  const kid = (vault: ArmResource, name: string, { version }: KeyVersion) =>
    `${vaultUrl(vault)}/keys/${name}/${version}`;

  for (const [segment, operation] of Object.entries(operations)) {
    for (const path of [`/keys/:name/${segment}`, `/keys/:name/:version/${segment}`]) {
      app.post(path, async (c) => {
        allow(c, parts, 'key', `keys/${operation.dataAction}`, operation.name);
        const vault = c.get('vault');
        const name = nameOf(c);
        const key = vaults.keys.version(vault.name, name, c.req.param('version'));
        const body = await bodyOf(c);
        checkUsable(key, operation, clock.now() / 1000);
        const result = operation.work(key, String(body.alg), body);
        return c.json(
          typeof result === 'boolean'
            ? { value: result }
            : { kid: kid(vault, name, key), value: result.toString('base64url') },
        );
      });
    }
  }
}
