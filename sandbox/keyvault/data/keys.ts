import type { JsonWebKey } from 'node:crypto';
import type { Hono } from 'hono';
import { keyBundle, keyItem, vaultUrl } from '../contents/bundles.ts';
import { checkedOperations, createKey, importKey } from '../contents/keys.ts';
import type { RotationPolicy } from '../contents/items.ts';
import { policyOf, rotate, setPolicy } from '../contents/rotation.ts';
import { givenAttributes, type AttributesBody, type KeyVersion } from '../contents/versions.ts';
import { notSupported } from '../errors.ts';
import { allow, bodyOf, nameOf, type DataParts, type VaultContext, type VaultEnv } from './call.ts';
import { itemRoutes } from './items.ts';

interface KeyBody {
  kty?: string;
  key_size?: number;
  crv?: string;
  key_ops?: string[];
  attributes?: AttributesBody & { exportable?: boolean };
  tags?: Record<string, string>;
  key?: JsonWebKey & { key_ops?: string[] };
  hsm?: boolean;
  Hsm?: boolean;
}

/** Keys: making, showing, changing, rotating them. What is done with them is in `keyOperations.ts`. */
export function keyRoutes(app: Hono<VaultEnv>, parts: DataParts): void {
  const { vaults, clock } = parts;
  const shown = (c: VaultContext, name: string, key: KeyVersion) => c.json(keyBundle(c.get('vault'), name, key));

  app.post('/keys/:name/create', async (c) => {
    allow(c, parts, 'key', 'keys/create/action', 'create');
    const name = nameOf(c);
    const { kty, key_size: keySize, crv, key_ops: keyOps, attributes, tags }: KeyBody = await bodyOf(c);
    const request = { kty, keySize, crv, keyOps, attributes, tags };
    return shown(c, name, await createKey(vaults, clock, c.get('vault'), name, request));
  });

  app.put('/keys/:name', async (c) => {
    allow(c, parts, 'key', 'keys/import/action', 'import');
    const name = nameOf(c);
    const { key, hsm, Hsm, attributes, tags }: KeyBody = await bodyOf(c);
    const request = { key, hsm: hsm ?? Hsm, keyOps: key?.key_ops, attributes, tags };
    return shown(c, name, importKey(vaults, clock, c.get('vault'), name, request));
  });

  app.post('/keys/:name/rotate', async (c) => {
    allow(c, parts, 'key', 'keys/rotate/action', 'rotate');
    const name = nameOf(c);
    return shown(c, name, await rotate(vaults, clock, c.get('vault'), name));
  });

  const policyView = (c: VaultContext, name: string, policy: RotationPolicy) =>
    c.json({ id: `${vaultUrl(c.get('vault'))}/keys/${name}/rotationpolicy`, ...policy });
  app.get('/keys/:name/rotationpolicy', (c) => {
    allow(c, parts, 'key', 'keyrotationpolicies/read', 'getrotationpolicy');
    const name = nameOf(c);
    return policyView(c, name, policyOf(vaults, c.get('vault'), name));
  });
  app.put('/keys/:name/rotationpolicy', async (c) => {
    allow(c, parts, 'key', 'keyrotationpolicies/write', 'setrotationpolicy');
    const name = nameOf(c);
    const policy = await bodyOf(c);
    return policyView(c, name, setPolicy(vaults, clock, c.get('vault'), name, policy as Partial<RotationPolicy>));
  });

  itemRoutes(app, parts, { kind: 'key', items: vaults.keys, readAction: 'read', bundle: keyBundle, listed: keyItem });

  for (const path of ['/keys/:name', '/keys/:name/:version']) {
    app.get(path, (c) => {
      allow(c, parts, 'key', 'keys/read', 'get');
      const name = nameOf(c);
      return shown(c, name, vaults.keys.version(c.get('vault').name, name, c.req.param('version')));
    });
    app.patch(path, async (c) => {
      allow(c, parts, 'key', 'keys/update/action', 'update');
      const name = nameOf(c);
      const vault = c.get('vault').name;
      const version = c.req.param('version');
      const { attributes, tags, key_ops: keyOps }: KeyBody = await bodyOf(c);
      const { material } = vaults.keys.version(vault, name, version);
      const changed = vaults.keys.change(vault, name, version, {
        ...givenAttributes(attributes),
        ...(tags && { tags }),
        ...(keyOps && { keyOps: checkedOperations(material.kty, keyOps) }),
      });
      return shown(c, name, changed);
    });
  }

  for (const path of ['/keys/:name/release', '/keys/:name/:version/release']) {
    app.post(path, () => {
      throw notSupported('release of keys');
    });
  }
}
