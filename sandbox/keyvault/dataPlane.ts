import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Clock, Service, Tokens } from '../core/types.ts';
import {
  unwrap,
  wrap,
  wrapAlgorithms,
  type KeyVersion,
  type SecretVersion,
  type VaultContents,
  type WrapAlgorithm,
} from './vaults.ts';

const suffix = '.vault.azure.net';

/** An error body of the data plane: `{error: {code, message}}`. */
class VaultError extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  constructor(status: ContentfulStatusCode, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** `https://{vault}.vault.azure.net`: keys (get, wrapkey, unwrapkey) and secrets (set, get). REST: Key Vault 7.x. */
export function keyVaultService(options: {
  contents: Map<string, VaultContents>;
  tokens: Tokens;
  tenantId: string;
  clock: Clock;
}): Service {
  const { contents, tokens, tenantId, clock } = options;
  const vaultAt = (host: string) => (host.endsWith(suffix) ? contents.get(host.slice(0, -suffix.length)) : undefined);
  const app = new Hono<{ Variables: { vault: VaultContents; base: string } }>({
    // An empty version (`keys/name//wrapkey`, `keys/name/`) means the newest: the service takes both spellings.
    getPath: (request) => new URL(request.url).pathname.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1'),
  });

  app.use(async (c, next) => {
    const host = new URL(c.req.url).hostname;
    const vault = vaultAt(host)!;
    const known = tokens.verify(c.req.header('authorization'));
    if (!known || !/^https:\/\/vault\.azure\.net\/?$/.test(known.audience)) {
      // The SDK learns its tenant and resource from this challenge before it sends a token.
      c.header(
        'WWW-Authenticate',
        `Bearer authorization="https://login.microsoftonline.com/${tenantId}", resource="https://vault.azure.net"`,
      );
      return c.json(
        {
          error: {
            code: 'Unauthorized',
            message: '[TokenMissing] AKV10000: Request is missing a Bearer or PoP token.',
          },
        },
        401,
      );
    }
    if (!c.req.query('api-version')) throw new VaultError(400, 'BadParameter', 'api-version must be specified');
    c.set('vault', vault);
    c.set('base', `https://${host}`);
    await next();
  });

  const keyOf = (vault: VaultContents, name: string, version?: string): KeyVersion => {
    const key = vault.keys.get(name, version);
    if (!key)
      throw new VaultError(
        404,
        'KeyNotFound',
        `A key with (name/id) ${name}${version ? `/${version}` : ''} was not found in this key vault.`,
      );
    if (!key.enabled) throw new VaultError(403, 'Forbidden', `Operation is not allowed on a disabled key.`);
    return key;
  };

  for (const path of ['/keys/:name', '/keys/:name/:version']) {
    app.get(path, (c) => {
      const { name, version } = c.req.param() as { name: string; version?: string };
      return c.json(keyBundle(c.get('base'), name, keyOf(c.get('vault'), name, version || undefined)));
    });
  }
  for (const [operation, op, run] of [
    ['wrapkey', 'wrapKey', wrap],
    ['unwrapkey', 'unwrapKey', unwrap],
    ['encrypt', 'encrypt', wrap],
    ['decrypt', 'decrypt', unwrap],
  ] as const) {
    for (const path of [`/keys/:name/:version/${operation}`, `/keys/:name/${operation}`]) {
      app.post(path, async (c) => {
        const { name, version } = c.req.param() as { name: string; version?: string };
        const key = keyOf(c.get('vault'), name, version || undefined);
        const body = await c.req.json<{ alg: string; value: string }>();
        if (!key.keyOps.includes(op))
          throw new VaultError(403, 'Forbidden', `Operation ${op} is not permitted on this key.`);
        if (!(body.alg in wrapAlgorithms))
          throw new VaultError(400, 'BadParameter', `Property has invalid value: alg ${body.alg}`);
        try {
          const value = run(key, body.alg as WrapAlgorithm, Buffer.from(body.value, 'base64url'));
          return c.json({ kid: `${c.get('base')}/keys/${name}/${key.version}`, value: value.toString('base64url') });
        } catch {
          throw new VaultError(
            400,
            'BadParameter',
            'The parameter is incorrect: the value cannot be processed with this key.',
          );
        }
      });
    }
  }

  app.put('/secrets/:name', async (c) => {
    const name = c.req.param('name');
    const body = await c.req.json<{ value: string; contentType?: string; tags?: Record<string, string> }>();
    if (typeof body.value !== 'string') throw new VaultError(400, 'BadParameter', 'Parameter value is required');
    if (!/^[0-9a-zA-Z-]{1,127}$/.test(name))
      throw new VaultError(400, 'BadParameter', `The request URI contains an invalid name: ${name}`);
    const { value, contentType, tags } = body;
    return c.json(
      secretBundle(c.get('base'), name, c.get('vault').setSecret(name, { value, contentType, tags }, clock.now())),
    );
  });
  for (const path of ['/secrets/:name', '/secrets/:name/:version']) {
    app.get(path, (c) => {
      const { name, version } = c.req.param() as { name: string; version?: string };
      const secret = c.get('vault').secrets.get(name, version || undefined);
      if (!secret)
        throw new VaultError(404, 'SecretNotFound', `A secret with (name/id) ${name} was not found in this key vault.`);
      return c.json(secretBundle(c.get('base'), name, secret));
    });
  }

  app.notFound((c) =>
    c.json(
      {
        error: {
          code: 'NotSupportedHere',
          message: `${c.req.method} ${c.req.path} is not simulated by this Key Vault.`,
        },
      },
      501,
    ),
  );
  app.onError((error, c) =>
    error instanceof VaultError
      ? c.json({ error: { code: error.code, message: error.message } }, error.status)
      : c.json({ error: { code: 'InternalError', message: String(error) } }, 500),
  );

  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return {
    name: 'keyvault',
    answers: (host) => vaultAt(host) !== undefined,
    handle: (request, response) => listener(request, response),
  };
}

function keyBundle(base: string, name: string, key: KeyVersion) {
  const { n, e } = key.publicKey.export({ format: 'jwk' });
  return {
    key: { kid: `${base}/keys/${name}/${key.version}`, kty: 'RSA', key_ops: key.keyOps, n, e },
    attributes: {
      enabled: key.enabled,
      created: key.created,
      updated: key.created,
      recoveryLevel: 'Recoverable',
      recoverableDays: 90,
      exportable: false,
    },
    tags: {},
  };
}

function secretBundle(base: string, name: string, secret: SecretVersion) {
  return {
    value: secret.value,
    id: `${base}/secrets/${name}/${secret.version}`,
    contentType: secret.contentType,
    tags: secret.tags,
    attributes: {
      enabled: true,
      created: secret.created,
      updated: secret.created,
      recoveryLevel: 'Recoverable',
      recoverableDays: 90,
    },
  };
}
