import { bodyOf, proxy } from '../../arm/resource.ts';
import type { ArmCall, ArmResource, ResourceType } from '../../arm/types.ts';
import { invalidParameter, sqlError } from '../errors.ts';
import { SERVER } from '../parts.ts';
import type { Json, SqlParts } from '../parts.ts';
import { administratorsOf } from './serverBody.ts';
import type { EntraAdministrator } from './serverBody.ts';
import { started } from '../replies.ts';

/** The owner of a child resource: its server or instance. */
function ownerOf(parts: SqlParts, id: string): ArmResource {
  return parts.world.store.require(id.split('/').slice(0, -2).join('/'));
}

/**
 * `administrators/ActiveDirectory` and `azureADOnlyAuthentications/Default` of servers or instances: two views of the
 * owner's Entra administrator, which stands with the owner.
 * @param owner the owner's type
 */
export function administratorTypes(parts: SqlParts, owner: string): ResourceType[] {
  const { store, tenantId } = parts.world;

  const of = (server: ArmResource | undefined) =>
    (server?.properties as { administrators?: EntraAdministrator } | undefined)?.administrators;

  const set = (server: ArmResource, administrators: EntraAdministrator | undefined) => {
    const { administrators: _old, ...rest } = (server.properties ?? {}) as Json;
    store.put({ ...server, properties: { ...rest, ...(administrators && { administrators }) } });
  };

  const shownAs = (call: Pick<ArmCall, 'path'>, type: string, name: string, properties: Json): ArmResource => {
    const base = call.path.id.split('/');
    const id = [...base.slice(0, base.length - (call.path.name === '' ? 1 : 2)), type.split('/').at(-1)!, name].join(
      '/',
    );
    return { id, name, type, properties };
  };

  /** The resource when the path names it by its only name. */
  const named = (call: ArmCall, name: string) =>
    call.path.name === '' || call.path.name.toLowerCase() === name.toLowerCase();

  const serverAt = (call: ArmCall) =>
    store.get(
      call.path.id
        .split('/')
        .slice(0, call.path.name === '' ? -1 : -2)
        .join('/'),
    );

  const administratorType = `${owner}/administrators`;
  const administratorView = (call: ArmCall): ArmResource | undefined => {
    const administrator = of(serverAt(call));
    if (!administrator || !named(call, 'ActiveDirectory')) return undefined;
    const { principalType: _kind, azureADOnlyAuthentication, ...properties } = administrator;
    // Instances say it in the other view alone.
    const only = owner === SERVER && { azureADOnlyAuthentication };
    return shownAs(call, administratorType, 'ActiveDirectory', { ...properties, ...only });
  };

  const onlyType = `${owner}/azureADOnlyAuthentications`;
  const onlyView = (call: ArmCall): ArmResource | undefined => {
    const server = serverAt(call);
    if (!server || !named(call, 'Default')) return undefined;
    const azureADOnlyAuthentication = of(server)?.azureADOnlyAuthentication ?? false;
    return shownAs(call, onlyType, 'Default', { azureADOnlyAuthentication });
  };

  return [
    {
      type: administratorType,
      put(call, existing) {
        if (!named(call, 'ActiveDirectory')) throw invalidParameter('administratorName');
        const server = ownerOf(parts, call.path.id);
        const given = bodyOf(call).properties ?? {};
        if (given['administratorType'] !== 'ActiveDirectory') throw invalidParameter('administratorType');
        const asked = { ...given, azureADOnlyAuthentication: of(server)?.azureADOnlyAuthentication };
        set(server, administratorsOf({ administrators: asked }, server, tenantId).administrators);
        return started(existing ? 200 : 201);
      },
      delete(call) {
        const server = ownerOf(parts, call.path.id);
        if (of(server)?.azureADOnlyAuthentication) {
          throw sqlError(
            400,
            'AadOnlyAuthenticationIsEnabled',
            'The Azure Active Directory administrator cannot be removed while only Azure Active Directory authentication is enabled.',
          );
        }
        set(server, undefined);
        return started(202);
      },
      find: administratorView,
      list: (call) => [administratorView(call)].flatMap((found) => found ?? []),
    },
    {
      type: onlyType,
      put(call) {
        const server = ownerOf(parts, call.path.id);
        const only = bodyOf(call).properties?.['azureADOnlyAuthentication'];
        if (!named(call, 'Default') || typeof only !== 'boolean') throw invalidParameter('azureADOnlyAuthentication');
        const administrator = of(server);
        if (!administrator) {
          throw sqlError(
            400,
            'InvalidServerAADOnlyAuthNoAADAdminPropertyName',
            'Only Azure Active Directory authentication needs an Azure Active Directory administrator: set one first.',
          );
        }
        set(server, { ...administrator, azureADOnlyAuthentication: only });
        return { ...started(200), body: { ...proxy(call), properties: { azureADOnlyAuthentication: only } } };
      },
      find: onlyView,
      list: (call) => [onlyView(call)].flatMap((found) => found ?? []),
    },
  ];
}
