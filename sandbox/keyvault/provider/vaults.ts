import { bodyOf, tracked } from '../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { VAULT, type Vaults } from '../contents/vaults.ts';
import { deletedVaultNotFound, nameIsDeleted, nameNotValid, nameTaken } from './errors.ts';
import { CONNECTION } from './privateLink.ts';
import { patchedProperties, writtenProperties, type VaultProperties } from './vaultProperties.ts';

const NAME = /^[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]$/i;

/** Why nobody can make a vault of that name; undefined: one can. */
export function whyNotAvailable(vaults: Vaults, name: string) {
  if (!NAME.test(name)) return nameNotValid(name);
  if (vaults.findDeleted(name)) return nameIsDeleted();
  return vaults.find(name) && nameTaken(name);
}

/** Microsoft.KeyVault/vaults. A deleted vault keeps its name and contents until it is purged or recovered. */
export function vaultType(vaults: Vaults): ResourceType {
  /** PUT with `createMode: recover` (REST: Vaults - Create Or Update). @throws ArmError 404 */
  function recover(call: ArmCall): ArmReply {
    const { name, id } = call.path;
    const deleted = vaults.findDeleted(name);
    if (deleted?.resource.id.toLowerCase() !== id.toLowerCase()) throw deletedVaultNotFound(name);
    const { tags = deleted.resource.tags } = bodyOf(call);
    const resource = { ...deleted.resource, ...(tags && { tags }) };
    call.world.store.put(resource);
    vaults.created(resource);
    vaults.recovered(name);
    return { status: 200 };
  }

  return {
    type: VAULT,
    shape: {
      properties: {
        tenantId: 'string',
        enableRbacAuthorization: 'boolean',
        sku: { family: 'string', name: 'string' },
        accessPolicies: [{ tenantId: 'string', objectId: 'string', permissions: {} }],
      },
    },
    put(call, existing) {
      const properties = (bodyOf(call).properties ?? {}) as VaultProperties;
      if (!existing && properties.createMode === 'recover') return recover(call);
      const refused = existing ? undefined : whyNotAvailable(vaults, call.path.name);
      if (refused) throw refused;
      const resource: ArmResource = {
        ...tracked(call, existing),
        properties: writtenProperties(call, properties, existing),
      };
      call.world.store.put(resource);
      vaults.created(resource);
      return { status: existing ? 200 : 201 };
    },
    patch(call, existing) {
      const { tags = existing.tags, properties = {} } = bodyOf(call);
      const resource = { ...existing, ...(tags && { tags }), properties: patchedProperties(properties, existing) };
      call.world.store.put(resource);
      return { status: 200 };
    },
    delete(_call, existing) {
      vaults.softDelete(existing);
      return { status: 200 };
    },
    view(vault, call) {
      const connections = call.world.store.list({ type: CONNECTION, under: vault.id });
      if (connections.length === 0) return vault;
      const shown = connections.map(({ id, properties }) => ({ id, properties }));
      return { ...vault, properties: { ...vault.properties, privateEndpointConnections: shown } };
    },
  };
}

/** PUT …/accessPolicies/add, replace or remove (REST: Vaults - Update Access Policy). */
export function accessPolicyType(vaults: Vaults): ResourceType {
  interface Policy {
    objectId?: string;
    applicationId?: string;
  }
  const same = (one: Policy) => (other: Policy) =>
    one.objectId === other.objectId && one.applicationId === other.applicationId;

  return {
    type: `${VAULT}/accessPolicies`,
    put(call) {
      const vault = vaults.find(call.path.names[0]!)!;
      const given = (bodyOf(call).properties?.accessPolicies ?? []) as Policy[];
      const before = (vault.properties?.accessPolicies ?? []) as Policy[];
      const others = before.filter((policy) => !given.some(same(policy)));
      const kind = call.path.name.toLowerCase();
      const accessPolicies = kind === 'replace' ? given : kind === 'remove' ? others : [...others, ...given];
      call.world.store.put({ ...vault, properties: { ...vault.properties, accessPolicies } });
      const { id, name, type } = call.path;
      return { status: 200, body: { id, name, type, location: vault.location, properties: { accessPolicies } } };
    },
  };
}
