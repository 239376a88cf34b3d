import type { ArmResource, ResourceStore } from '../arm/types.ts';
import type { TokenHolder } from '../core/types.ts';

/** The part of `config/authsettingsV2` that decides about a request with a bearer token of Microsoft Entra. */
interface AuthSettings {
  platform?: { enabled?: boolean };
  globalValidation?: {
    requireAuthentication?: boolean;
    unauthenticatedClientAction?: 'AllowAnonymous' | 'RedirectToLoginPage' | 'Return401' | 'Return403';
    excludedPaths?: string[];
  };
  identityProviders?: {
    azureActiveDirectory?: {
      enabled?: boolean;
      registration?: { clientId?: string };
      validation?: {
        allowedAudiences?: string[];
        defaultAuthorizationPolicy?: {
          allowedApplications?: string[];
          allowedPrincipals?: { identities?: string[] };
        };
      };
    };
  };
}

/** What App Service authentication makes of a request: pass it on with these headers, or answer that status. */
export type Verdict = { pass: true; headers: Record<string, string> } | { pass: false; status: 401 | 403 };

const ANONYMOUS: Verdict = { pass: true, headers: {} };

/** Headers that only App Service itself may set. */
export function isReservedHeader(name: string): boolean {
  return /^x-ms-(client-principal|token)/i.test(name);
}

/**
 * App Service authentication for one request to a site.
 * @param holder of a valid token; undefined without one
 */
export function authenticate(
  store: ResourceStore,
  site: ArmResource,
  path: string,
  holder: TokenHolder | undefined,
): Verdict {
  const settings = store.get(`${site.id}/config/authsettingsV2`)?.properties as AuthSettings | undefined;
  const entra = settings?.identityProviders?.azureActiveDirectory;
  if (!settings || settings.platform?.enabled === false) return ANONYMOUS;

  const { requireAuthentication, unauthenticatedClientAction, excludedPaths = [] } = settings.globalValidation ?? {};
  if (holder && entra && entra.enabled !== false && audiences(entra).includes(trimmed(holder.audience))) {
    const { allowedApplications, allowedPrincipals } = entra.validation?.defaultAuthorizationPolicy ?? {};
    if (!isAllowed(allowedApplications, holder.principal.clientId)) return { pass: false, status: 403 };
    if (!isAllowed(allowedPrincipals?.identities, holder.principal.objectId)) return { pass: false, status: 403 };
    return { pass: true, headers: principalHeaders(holder) };
  }
  const excluded = excludedPaths.some((one) => path === one || path.startsWith(`${one}/`));
  if (!requireAuthentication || unauthenticatedClientAction === 'AllowAnonymous' || excluded) return ANONYMOUS;
  // A client that is no browser gets 401 where a browser would be sent to the login page.
  return { pass: false, status: unauthenticatedClientAction === 'Return403' ? 403 : 401 };
}

type Entra = NonNullable<NonNullable<AuthSettings['identityProviders']>['azureActiveDirectory']>;

/** The client id is always an audience. */
function audiences(entra: Entra): string[] {
  const clientId = entra.registration?.clientId;
  const own = clientId ? [clientId, `api://${clientId}`] : [];
  return [...own, ...(entra.validation?.allowedAudiences ?? [])].map(trimmed);
}

function trimmed(audience: string): string {
  return audience.replace(/\/$/, '').toLowerCase();
}

function isAllowed(list: string[] | undefined, value: string): boolean {
  return !list?.length || list.some((one) => one.toLowerCase() === value.toLowerCase());
}

/** Claims whose type is a URI are those that App Service maps; the rest keep their names in the token. */
function principalHeaders({ principal, audience, roles = [] }: TokenHolder): Record<string, string> {
  const { objectId, clientId, displayName, kind } = principal;
  const claims = [
    ['aud', audience],
    ['appid', clientId],
    ['idtyp', kind === 'User' ? 'user' : 'app'],
    ['name', displayName],
    ['oid', objectId],
    ['http://schemas.microsoft.com/identity/claims/objectidentifier', objectId],
    ...roles.map((role) => ['roles', role]),
  ].map(([typ, val]) => ({ typ, val }));
  const header = {
    auth_typ: 'aad',
    name_typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
    role_typ: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
    claims,
  };
  return {
    'X-MS-CLIENT-PRINCIPAL': Buffer.from(JSON.stringify(header)).toString('base64'),
    'X-MS-CLIENT-PRINCIPAL-ID': objectId,
    'X-MS-CLIENT-PRINCIPAL-NAME': displayName,
    'X-MS-CLIENT-PRINCIPAL-IDP': 'aad',
  };
}
