import { createHash } from 'node:crypto';
import { assignIdentity } from '../../arm/providers/managedIdentity/assigned.ts';
import { bodyOf, tracked } from '../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { forgetDropped } from '../databases/dropped.ts';
import { invalidParameter, notHere, sqlError } from '../errors.ts';
import { INSTANCE, MANAGED_DATABASE } from '../parts.ts';
import type { Json, SqlParts } from '../parts.ts';
import { connectionsOf } from '../servers/privateLink.ts';
import { administratorsOf, word } from '../servers/serverBody.ts';
import { checkFree, invalidServerName, SERVER_NAME } from '../servers/names.ts';
import { started } from '../replies.ts';

const TIERS: Record<string, string> = { GP: 'GeneralPurpose', BC: 'BusinessCritical' };
const SUBNET = 'Microsoft.Network/virtualNetworks/subnets';

/** Microsoft.Sql/managedInstances: the life cycle; what an instance holds is its databases' affair. */
export function managedInstanceType(parts: SqlParts): ResourceType {
  const { world, work } = parts;
  const { store } = world;

  /** Instances of one virtual network share a zone of names. */
  const zoneOf = (subnetId: string) =>
    createHash('sha256').update(subnetId.toLowerCase().split('/subnets/')[0]!).digest('hex').slice(0, 12);

  /** @throws ArmError 400 */
  const bodyFor = (call: ArmCall, existing: ArmResource | undefined, asked: Json): Json => {
    const before: Json = existing?.properties ?? {};
    if (String(asked['managedInstanceCreateMode'] ?? 'Default').toLowerCase() !== 'default') {
      throw notHere(`instances with managedInstanceCreateMode '${String(asked['managedInstanceCreateMode'])}'`);
    }
    const subnetId = asked['subnetId'] ?? before['subnetId'];
    if (typeof subnetId !== 'string' || store.get(subnetId)?.type !== SUBNET) throw invalidParameter('subnetId');
    const one = (name: string, otherwise: unknown) => asked[name] ?? before[name] ?? otherwise;
    const vCores = one('vCores', Number((bodyOf(call)['sku'] as Json | undefined)?.['capacity'] ?? 8));
    const dnsZone = before['dnsZone'] ?? zoneOf(subnetId);
    return {
      ...administratorsOf(asked, existing, world.tenantId),
      subnetId: store.require(subnetId).id,
      vCores,
      storageSizeInGB: one('storageSizeInGB', 256),
      collation: one('collation', 'SQL_Latin1_General_CP1_CI_AS'),
      timezoneId: one('timezoneId', 'UTC'),
      dnsZone,
      fullyQualifiedDomainName: `${call.path.name}.${String(dnsZone)}.database.windows.net`,
      publicDataEndpointEnabled: one('publicDataEndpointEnabled', false),
      proxyOverride: word(one('proxyOverride', undefined), ['Proxy', 'Redirect', 'Default'], 'Proxy', 'proxyOverride'),
      minimalTlsVersion: word(
        one('minimalTlsVersion', undefined),
        ['None', '1.0', '1.1', '1.2', '1.3'],
        '1.2',
        'minimalTlsVersion',
      ),
      licenseType: word(
        one('licenseType', undefined),
        ['LicenseIncluded', 'BasePrice'],
        'LicenseIncluded',
        'licenseType',
      ),
      requestedBackupStorageRedundancy: one('requestedBackupStorageRedundancy', 'Geo'),
      zoneRedundant: one('zoneRedundant', false),
    };
  };

  const write = (call: ArmCall, existing: ArmResource | undefined, base: ArmResource): ArmReply => {
    const body = bodyOf(call);
    const sku = (body['sku'] ?? existing?.['sku'] ?? { name: 'GP_Gen5' }) as Json;
    const tier = TIERS[String(sku['name']).slice(0, 2).toUpperCase()];
    if (!tier) throw sqlError(400, 'InvalidSku', `The user specified an invalid sku: '${String(sku['name'])}'.`);
    const identity =
      'identity' in body
        ? assignIdentity(world, body['identity'], existing)
        : (existing?.['identity'] as object | undefined);
    const properties = bodyFor(call, existing, body.properties ?? {});
    store.put({
      ...base,
      ...(identity && { identity }),
      sku: {
        name: sku['name'],
        tier,
        family: String(sku['name']).split('_')[1] ?? 'Gen5',
        capacity: properties['vCores'],
      },
      properties,
    });
    const operation = existing ? 'UpdateManagedServer' : 'CreateManagedServer';
    const status = existing ? 'Updating' : 'Creating';
    const wait = work.begin(base.id, { operation, status, seconds: parts.settings.instanceSeconds });
    return started(existing ? 202 : 201, wait);
  };

  return {
    type: INSTANCE,
    nameRule: { pattern: SERVER_NAME, refuse: invalidServerName },
    put(call, existing) {
      if (!existing) checkFree(parts, INSTANCE, call.path.name);
      return write(call, existing, tracked(call, existing));
    },
    patch(call, existing) {
      const { id, name, type, location } = existing;
      const tags = bodyOf(call).tags ?? existing.tags;
      return write(call, existing, { id, name, type, location: location!, ...(tags && { tags }) });
    },
    delete(_call, instance) {
      for (const { id } of store.list({ type: MANAGED_DATABASE, under: instance.id })) work.forget(id);
      forgetDropped(parts, instance);
      work.forget(instance.id);
      store.delete(instance.id);
      return started(202);
    },
    view(instance, call) {
      const { administrators, ...properties } = (instance.properties ?? {}) as Json;
      const task = work.current(instance.id);
      const expanded = /administrators\/activedirectory/i.test(call.query.get('$expand') ?? '');
      return {
        ...instance,
        properties: {
          ...properties,
          state: task?.status ?? 'Ready',
          provisioningState: task ? 'InProgress' : 'Succeeded',
          currentBackupStorageRedundancy: properties['requestedBackupStorageRedundancy'],
          privateEndpointConnections: connectionsOf(world, instance).map(({ id, properties: p }) => ({
            id,
            properties: p,
          })),
          ...(expanded && administrators !== undefined && { administrators }),
        },
      };
    },
  };
}
