import type { TokenKey } from '../tokens.ts';

const AUTHORITY = 'https://login.microsoftonline.com';
export const HOSTS = ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'];

/** What MSAL asks before it trusts an authority: `GET /common/discovery/instance`. */
export function instanceDiscovery(authorization: string | null): object {
  const tenant = URL.parse(authorization ?? '')?.pathname.split('/')[1] || 'common';
  return {
    tenant_discovery_endpoint: `${AUTHORITY}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: HOSTS[0], preferred_cache: HOSTS[1], aliases: HOSTS }],
  };
}

/** The OpenID Connect metadata of a tenant, for its version 1 or 2 endpoints. */
export function openIdConfiguration(tenant: string, tenantId: string, version: 1 | 2): object {
  const oauth = `${AUTHORITY}/${tenant}/oauth2/${version === 2 ? 'v2.0/' : ''}`;
  return {
    token_endpoint: `${oauth}token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${AUTHORITY}/${tenant}/discovery/${version === 2 ? 'v2.0/' : ''}keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: version === 2 ? `${AUTHORITY}/${tenantId}/v2.0` : `https://sts.windows.net/${tenantId}/`,
    authorization_endpoint: `${oauth}authorize`,
    device_authorization_endpoint: `${AUTHORITY}/${tenant}/oauth2/v2.0/devicecode`,
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
    cloud_graph_host_name: 'graph.windows.net',
    msgraph_host: 'graph.microsoft.com',
    rbac_url: 'https://pas.windows.net',
  };
}

/** The keys that tokens are signed with. */
export function keySet({ publicKey, id }: TokenKey, tenantId: string): object {
  const { kty, n, e } = publicKey.export({ format: 'jwk' });
  return { keys: [{ kty, use: 'sig', kid: id, x5t: id, n, e, issuer: `https://sts.windows.net/${tenantId}/` }] };
}
