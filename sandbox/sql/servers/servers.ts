import { assignIdentity } from '../../arm/providers/managedIdentity/assigned.ts';
import { bodyOf, tracked } from '../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { createMaster } from '../databases/databases.ts';
import { forgetDropped } from '../databases/dropped.ts';
import { invalidParameter } from '../errors.ts';
import { DATABASE, SERVER } from '../parts.ts';
import type { Json, SqlParts } from '../parts.ts';
import { checkFree, invalidServerName, SERVER_NAME } from './names.ts';
import { connectionsOf } from './privateLink.ts';
import { administratorsOf, word } from './serverBody.ts';
import { started } from '../replies.ts';

/** Microsoft.Sql/servers. A new one has its `master`; a deleted one takes everything with it. */
export function serverType(parts: SqlParts): ResourceType {
  const { world } = parts;
  const { store } = world;

  /** @throws ArmError 400 */
  const bodyFor = (call: ArmCall, existing: ArmResource | undefined, asked: Json): Json => {
    const before: Json = existing?.properties ?? {};
    if ((asked['version'] ?? '12.0') !== '12.0') throw invalidParameter('Version');
    const choose = (name: string, allowed: string[], otherwise: string) =>
      word(asked[name], allowed, (before[name] as string | undefined) ?? otherwise, name);
    return {
      ...administratorsOf(asked, existing, world.tenantId),
      version: '12.0',
      state: 'Ready',
      fullyQualifiedDomainName: `${call.path.name}.database.windows.net`,
      minimalTlsVersion: choose('minimalTlsVersion', ['None', '1.0', '1.1', '1.2', '1.3'], '1.2'),
      publicNetworkAccess: choose('publicNetworkAccess', ['Enabled', 'Disabled', 'SecuredByPerimeter'], 'Enabled'),
      restrictOutboundNetworkAccess: choose('restrictOutboundNetworkAccess', ['Enabled', 'Disabled'], 'Disabled'),
      isIPv6Enabled: choose('isIPv6Enabled', ['Enabled', 'Disabled'], 'Disabled'),
      ...chosen(before, asked, ['primaryUserAssignedIdentityId', 'keyId', 'federatedClientId']),
    };
  };

  const write = (call: ArmCall, existing: ArmResource | undefined, base: ArmResource): ArmReply => {
    const body = bodyOf(call);
    const identity =
      'identity' in body
        ? assignIdentity(world, body['identity'], existing)
        : (existing?.['identity'] as object | undefined);
    const properties = bodyFor(call, existing, body.properties ?? {});
    // No server is ever without its master.
    world.state.transaction(() => {
      store.put({ ...base, kind: 'v12.0', ...(identity && { identity }), properties });
      if (!existing) createMaster(parts, store.require(base.id));
    });
    return started(existing ? 200 : 201);
  };

  return {
    type: SERVER,
    nameRule: { pattern: SERVER_NAME, refuse: invalidServerName },
    put(call, existing) {
      if (!existing) checkFree(parts, SERVER, call.path.name);
      return write(call, existing, tracked(call, existing));
    },
    patch(call, existing) {
      const { tags } = bodyOf(call);
      const { id, name, type, location } = existing;
      const kept = tags ?? existing.tags;
      return write(call, existing, { id, name, type, location: location!, ...(kept && { tags: kept }) });
    },
    delete(_call, server) {
      for (const { id } of store.list({ type: DATABASE, under: server.id })) parts.work.forget(id);
      forgetDropped(parts, server);
      store.delete(server.id);
      return started(202);
    },
    view(server, call) {
      const { administrators, ...properties } = (server.properties ?? {}) as Json;
      const expanded = /administrators\/activedirectory/i.test(call.query.get('$expand') ?? '');
      return {
        ...server,
        properties: {
          ...properties,
          privateEndpointConnections: connectionsOf(world, server).map(({ id, properties: p }) => ({
            id,
            properties: p,
          })),
          ...(expanded && administrators !== undefined && { administrators }),
        },
      };
    },
  };
}

function chosen(before: Json, asked: Json, names: string[]): Json {
  const found = names.map((name) => [name, asked[name] ?? before[name]] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}
