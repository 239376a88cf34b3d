import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Service, Tokens } from '../../core/types.ts';
import { badParameter, notSupported, VaultError } from '../errors.ts';
import type { DataParts, VaultEnv } from './call.ts';
import { keyOperationRoutes } from './keyOperations.ts';
import { keyRoutes } from './keys.ts';
import { secretRoutes } from './secrets.ts';

const SUFFIX = '.vault.azure.net';
const AUDIENCE = 'https://vault.azure.net';
/** Versions of the data plane: 2016-10-01, 7.0 to 7.6 and their previews, and dates again from 2025 on. */
const API_VERSION = /^(7\.\d(-preview(\.\d)?)?|20\d\d-\d\d-\d\d(-preview)?)$/;

/** `https://{vault}.vault.azure.net`: keys and secrets (REST: Key Vault 7.x and 2025-07-01). */
export function keyVaultService(options: DataParts & { tokens: Tokens; tenantId: string }): Service {
  const { vaults, gate, tokens, tenantId } = options;
  const vaultAt = (host: string) => (host.endsWith(SUFFIX) ? vaults.find(host.slice(0, -SUFFIX.length)) : undefined);
  const app = new Hono<VaultEnv>({
    // An empty version (`keys/name//wrapkey`, `keys/name/`) means the newest: the service takes both spellings.
    getPath: (request) => new URL(request.url).pathname.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1'),
  });

  app.use(async (c, next) => {
    const vault = vaultAt(new URL(c.req.url).hostname)!;
    c.header('x-ms-keyvault-region', vault.location);
    const known = tokens.verify(c.req.header('authorization'));
    if (known?.audience.replace(/\/$/, '') !== AUDIENCE) {
      // The SDK learns its tenant and resource from this challenge before it sends a token.
      c.header(
        'WWW-Authenticate',
        `Bearer authorization="https://login.microsoftonline.com/${tenantId}", resource="${AUDIENCE}"`,
      );
      throw new VaultError(401, 'Unauthorized', refusedToken(c.req.header('authorization'), known?.audience));
    }
    // Only after the token: the refusal names its caller, and clients that the firewall refuses got their challenge before.
    const unreachable = gate.network(vault, c.env.origin, known.principal);
    if (unreachable) throw unreachable;
    const version = c.req.query('api-version');
    if (!version) throw badParameter('api-version must be specified');
    if (!API_VERSION.test(version)) throw badParameter(`api-version '${version}' is not supported`);
    c.set('vault', vault);
    c.set('principal', known.principal);
    await next();
  });

  keyRoutes(app, options);
  keyOperationRoutes(app, options);
  secretRoutes(app, options);

  app.notFound((c) => {
    const error = notSupported(`${c.req.method} ${c.req.path}`);
    return c.json(error.body(), error.status);
  });
  app.onError((error, c) =>
    error instanceof VaultError
      ? c.json(error.body(), error.status)
      : c.json(new VaultError(500, 'InternalError', error.stack ?? error.message).body(), 500),
  );

  return {
    name: 'keyvault',
    answers: (host) => vaultAt(host) !== undefined,
    handle: (request, response, { caller, origin }) =>
      getRequestListener((asked) => app.fetch(asked, { caller, origin }), { overrideGlobalObjects: false })(
        request,
        response,
      ),
  };
}

function refusedToken(header: string | undefined, audience: string | undefined): string {
  if (!header) return 'AKV10000: Request is missing a Bearer or PoP token.';
  if (audience === undefined) return 'AKV10046: Unable to resolve the key used for signature validation.';
  return `AKV10022: Invalid audience. Expected ${AUDIENCE}, found: ${audience}.`;
}
