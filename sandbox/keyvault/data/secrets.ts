import type { Hono } from 'hono';
import { secretBundle, secretItem } from '../contents/bundles.ts';
import { setSecret, type SecretRequest } from '../contents/secrets.ts';
import { givenAttributes } from '../contents/versions.ts';
import { disabled } from '../errors.ts';
import { allow, bodyOf, nameOf, type DataParts, type VaultEnv } from './call.ts';
import { itemRoutes } from './items.ts';

/** Secrets. Reading one that has expired is allowed, one that is disabled is not (About secrets). */
export function secretRoutes(app: Hono<VaultEnv>, parts: DataParts): void {
  const { vaults, clock } = parts;

  app.put('/secrets/:name', async (c) => {
    allow(c, parts, 'secret', 'secrets/setSecret/action', 'set');
    const name = nameOf(c);
    const request = (await bodyOf(c)) as SecretRequest;
    return c.json(secretBundle(c.get('vault'), name, setSecret(vaults, clock, c.get('vault'), name, request)));
  });

  itemRoutes(app, parts, {
    kind: 'secret',
    items: vaults.secrets,
    readAction: 'readMetadata/action',
    bundle: secretBundle,
    listed: secretItem,
  });

  for (const path of ['/secrets/:name', '/secrets/:name/:version']) {
    app.get(path, (c) => {
      allow(c, parts, 'secret', 'secrets/getSecret/action', 'get');
      const name = nameOf(c);
      const secret = vaults.secrets.version(c.get('vault').name, name, c.req.param('version'));
      if (!secret.enabled) throw disabled('secret', 'get');
      return c.json(secretBundle(c.get('vault'), name, secret));
    });
    app.patch(path, async (c) => {
      allow(c, parts, 'secret', 'secrets/update/action', 'set');
      const name = nameOf(c);
      const version = c.req.param('version');
      const { attributes, tags, contentType } = (await bodyOf(c)) as SecretRequest;
      const changed = vaults.secrets.change(c.get('vault').name, name, version, {
        ...givenAttributes(attributes),
        ...(tags && { tags }),
        ...(contentType != null && { contentType }),
      });
      return c.json(secretItem(c.get('vault'), name, changed, changed.version));
    });
  }
}
