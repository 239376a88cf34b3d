import { ArmError, type ArmCall, type ArmReply, type ArmResource, type Provider } from '../arm/types.ts';
import { VaultContents, type KeyVersion } from './vaults.ts';

const vaultType = 'Microsoft.KeyVault/vaults';
const keyType = 'Microsoft.KeyVault/vaults/keys';
const namePattern = /^[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]$/i;

export const vaultUri = (name: string) => `https://${name.toLowerCase()}.vault.azure.net/`;

type Body = { location?: string; tags?: Record<string, string>; properties?: Record<string, unknown> };

/**
 * Microsoft.KeyVault: vaults and the keys that ARM may create in them. A deleted vault's name stays taken while it is
 * soft-deleted (REST: Vaults - Create Or Update; enableSoftDelete cannot be switched off).
 */
export function keyVaultProvider(contents: Map<string, VaultContents>): Provider {
  const deleted = new Set<string>();

  function putVault(call: ArmCall, existing: ArmResource | undefined): ArmReply {
    const body = (call.body ?? {}) as Body;
    const properties = body.properties ?? {};
    const { name } = call.path;
    if (!namePattern.test(name)) {
      throw new ArmError(
        400,
        'VaultNameNotValid',
        `The vault name '${name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.`,
      );
    }
    if (!properties.sku || !properties.tenantId) {
      throw new ArmError(
        400,
        'BadRequest',
        `The parameter '${properties.sku ? 'tenantId' : 'sku'}' of vault '${name}' is required.`,
      );
    }
    if (!existing) {
      if (deleted.has(name.toLowerCase())) {
        throw new ArmError(
          409,
          'ConflictError',
          `A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.`,
        );
      }
      if (contents.has(name.toLowerCase())) {
        throw new ArmError(
          409,
          'VaultAlreadyExists',
          `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state.`,
        );
      }
    }
    if (existing?.properties?.enablePurgeProtection === true && properties.enablePurgeProtection === false) {
      throw new ArmError(
        400,
        'BadRequest',
        `The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.`,
      );
    }
    const { createMode: _createMode, ...kept } = properties;
    const resource: ArmResource = {
      id: call.path.id,
      name,
      type: vaultType,
      location: body.location ?? existing?.location,
      tags: body.tags ?? {},
      properties: {
        accessPolicies: [],
        enabledForDeployment: false,
        enableSoftDelete: true,
        softDeleteRetentionInDays: 90,
        enableRbacAuthorization: false,
        publicNetworkAccess: 'Enabled',
        ...kept,
        vaultUri: vaultUri(name),
        provisioningState: 'Succeeded',
      },
    };
    call.world.store.put(resource);
    if (!existing) contents.set(name.toLowerCase(), new VaultContents());
    return { status: existing ? 200 : 201, body: resource };
  }

  async function putKey(call: ArmCall, existing: ArmResource | undefined): Promise<ArmReply> {
    // "Creates the first version of a new key if it does not exist. If it already exists, then the existing key is
    // returned without any write operations being performed." (REST: Keys - Create If Not Exist)
    if (existing) return { status: 200, body: existing };
    const vault = call.path.names[0]!;
    const properties = ((call.body ?? {}) as Body).properties ?? {};
    if (properties.kty !== 'RSA') {
      throw new ArmError(400, 'BadRequest', `Key type '${String(properties.kty)}' is not simulated here: only RSA.`);
    }
    const keyOps = (properties.keyOps as string[] | undefined) ?? [
      'encrypt',
      'decrypt',
      'sign',
      'verify',
      'wrapKey',
      'unwrapKey',
    ];
    const key = await contentsOf(contents, vault).createKey(call.path.name, {
      keySize: (properties.keySize as number | undefined) ?? 2048,
      keyOps,
      now: call.world.clock.now(),
    });
    const resource = keyResource(call, vault, key);
    call.world.store.put(resource);
    return { status: 200, body: resource };
  }

  return {
    namespace: 'Microsoft.KeyVault',
    types: [
      {
        type: vaultType,
        put: putVault,
        patch(call, existing) {
          const body = (call.body ?? {}) as Body;
          const resource: ArmResource = {
            ...existing,
            tags: body.tags ?? existing.tags,
            properties: { ...existing.properties, ...body.properties },
          };
          call.world.store.put(resource);
          return { status: 200, body: resource };
        },
        delete(call, existing) {
          call.world.store.delete(existing.id);
          contents.delete(existing.name.toLowerCase());
          deleted.add(existing.name.toLowerCase());
          return { status: 200 };
        },
      },
      { type: keyType, put: putKey },
    ],
  };
}

export function contentsOf(contents: Map<string, VaultContents>, vault: string): VaultContents {
  const found = contents.get(vault.toLowerCase());
  if (!found) throw new ArmError(404, 'VaultNotFound', `The vault '${vault}' does not exist.`);
  return found;
}

function keyResource(call: ArmCall, vault: string, key: KeyVersion): ArmResource {
  const { name } = call.path;
  const uri = `${vaultUri(vault)}keys/${name}`;
  return {
    id: call.path.id,
    name,
    type: keyType,
    location: call.world.store.require(call.path.id.replace(/\/keys\/[^/]+$/i, '')).location,
    tags: ((call.body as Body).tags ?? {}) as Record<string, string>,
    properties: {
      attributes: {
        enabled: true,
        created: key.created,
        updated: key.created,
        recoveryLevel: 'Recoverable',
        exportable: false,
      },
      kty: 'RSA',
      keyOps: key.keyOps,
      keySize: key.keySize,
      keyUri: uri,
      keyUriWithVersion: `${uri}/${key.version}`,
    },
  };
}
