import { bodyOf } from '../../arm/resource.ts';
import type { ArmCall, ArmResource, ResourceType } from '../../arm/types.ts';
import { attributesOf, keyType, vaultUrl } from '../contents/bundles.ts';
import { createKey, type KeyRequest } from '../contents/keys.ts';
import { setSecret, type SecretRequest } from '../contents/secrets.ts';
import { givenAttributes, type KeyVersion, type SecretVersion } from '../contents/versions.ts';
import { VAULT, type Vaults } from '../contents/vaults.ts';
import { badRequest, onContents } from './errors.ts';

/**
 * Keys and secrets as ARM shows them. They are not resources of their own: a deleted one is gone here and soft-deleted
 * in the vault. `path.names`: vault, name, and for versions the version.
 */

interface ItemBody {
  properties?: KeyRequest & { curveName?: string } & SecretRequest;
  tags?: Record<string, string>;
}

const nameRule = {
  pattern: /^[a-zA-Z0-9-]{1,127}$/,
  refuse: (name: string) => badRequest(`The name '${name}' is invalid: it has 1 to 127 letters, digits and hyphens.`),
};

const vaultOf = (vaults: Vaults, call: ArmCall) => vaults.find(call.path.names[0]!)!;
const itemId = (vault: ArmResource, kind: 'keys' | 'secrets', name: string) => `${vault.id}/${kind}/${name}`;

function keyResource(vault: ArmResource, name: string, key: KeyVersion): ArmResource {
  const { recoverableDays: _days, ...attributes } = attributesOf(vault, key);
  const keyUri = `${vaultUrl(vault)}/keys/${name}`;
  const { keySize, crv } = key.material;
  return {
    id: itemId(vault, 'keys', name),
    name,
    type: `${VAULT}/keys`,
    location: vault.location,
    tags: key.tags ?? {},
    properties: {
      attributes: { ...attributes, exportable: false },
      kty: keyType(key),
      keyOps: key.keyOps,
      ...(keySize && { keySize }),
      ...(crv && { curveName: crv }),
      keyUri,
      keyUriWithVersion: `${keyUri}/${key.version}`,
    },
  };
}

/** The value of a secret is never returned by ARM. */
function secretResource(vault: ArmResource, name: string, secret: SecretVersion): ArmResource {
  const { enabled, exp, nbf, created, updated } = secret;
  const secretUri = `${vaultUrl(vault)}/secrets/${name}`;
  return {
    id: itemId(vault, 'secrets', name),
    name,
    type: `${VAULT}/secrets`,
    location: vault.location,
    tags: secret.tags ?? {},
    properties: {
      attributes: { enabled, exp, nbf, created, updated },
      ...(secret.contentType && { contentType: secret.contentType }),
      secretUri,
      secretUriWithVersion: `${secretUri}/${secret.version}`,
    },
  };
}

/** Microsoft.KeyVault/vaults/keys: PUT makes the first version, and leaves a key that exists alone. */
export function armKeyType(vaults: Vaults): ResourceType {
  return {
    type: `${VAULT}/keys`,
    nameRule,
    shape: { properties: { kty: 'string', keySize: 'number', curveName: 'string', keyOps: ['string'] } },
    find(call) {
      const vault = vaultOf(vaults, call);
      const item = vaults.keys.get(vault.name, call.path.name);
      return item && keyResource(vault, item.name, item.versions.at(-1)!);
    },
    list(call) {
      const vault = vaultOf(vaults, call);
      return vaults.keys.list(vault.name).map(({ name, versions }) => keyResource(vault, name, versions.at(-1)!));
    },
    put(call, existing) {
      // "If it already exists, then the existing key is returned without any write operations being performed."
      // (REST: Keys - Create If Not Exist)
      if (existing) return { status: 200, body: existing };
      const vault = vaultOf(vaults, call);
      const { properties = {}, tags } = bodyOf(call) as ItemBody;
      const request = { ...properties, crv: properties.curveName, tags };
      return onContents(async () => {
        const key = await createKey(vaults, call.world.clock, vault, call.path.name, request);
        return { status: 200, body: keyResource(vault, call.path.name, key) };
      });
    },
  };
}

/** …/keys/{name}/versions[/{version}] */
export function armKeyVersionType(vaults: Vaults): ResourceType {
  const shown = (call: ArmCall) => {
    const vault = vaultOf(vaults, call);
    const item = vaults.keys.get(vault.name, call.path.names[1]!);
    return (item?.versions ?? []).map((version) => {
      const key = keyResource(vault, item!.name, version);
      return {
        ...key,
        id: `${key.id}/versions/${version.version}`,
        name: version.version,
        type: `${key.type}/versions`,
      };
    });
  };
  return {
    type: `${VAULT}/keys/versions`,
    find: (call) => shown(call).find(({ name }) => name === call.path.name),
    list: shown,
  };
}

/** Microsoft.KeyVault/vaults/secrets: every PUT, and a PATCH with a value, makes a version. */
export function armSecretType(vaults: Vaults): ResourceType {
  const set = (call: ArmCall, before: SecretVersion | undefined) =>
    onContents(() => {
      const vault = vaultOf(vaults, call);
      const { properties = {}, tags } = bodyOf(call) as ItemBody;
      const { name } = call.path;
      const { clock } = call.world;
      const secret =
        before && properties.value === undefined
          ? vaults.secrets.change(vault.name, name, undefined, {
              ...givenAttributes(properties.attributes),
              ...(properties.contentType != null && { contentType: properties.contentType }),
              ...(tags && { tags }),
            })
          : setSecret(vaults, clock, vault, name, { ...properties, tags: tags ?? before?.tags });
      return { status: 200, body: secretResource(vault, name, secret) };
    });

  return {
    type: `${VAULT}/secrets`,
    nameRule,
    shape: { properties: { value: 'string', contentType: 'string' } },
    find(call) {
      const vault = vaultOf(vaults, call);
      const item = vaults.secrets.get(vault.name, call.path.name);
      return item && secretResource(vault, item.name, item.versions.at(-1)!);
    },
    list(call) {
      const vault = vaultOf(vaults, call);
      return vaults.secrets.list(vault.name).map(({ name, versions }) => secretResource(vault, name, versions.at(-1)!));
    },
    put: (call) => set(call, undefined),
    patch: (call) => set(call, vaults.secrets.version(vaultOf(vaults, call).name, call.path.name)),
  };
}
