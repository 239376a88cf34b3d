import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { accountIdOf } from '../accounts.ts';
import { contentResource, contentType } from '../contents.ts';
import type { DataPlane } from '../dataPlane.ts';
import { containerRules } from '../rules.ts';
import { reject } from './contents.ts';
import { legalHoldActions } from './legalHolds.ts';

interface ContainerProperties {
  publicAccess?: string;
  metadata?: Record<string, string>;
  immutableStorageWithVersioning?: { enabled?: boolean };
  [property: string]: unknown;
}

/** Containers through ARM (REST: Blob Containers); the data plane holds them. */
export function containerType(dataPlane: DataPlane): ResourceType {
  return {
    type: contentType('blob'),
    put: (call, existing) => put(call, existing, dataPlane),
    patch: (call, existing) => put(call, existing, dataPlane),
    async delete(call, existing) {
      const account = call.world.store.require(accountIdOf(existing.id));
      const rules = containerRules(call.world, account, existing.name);
      if (rules && !(await dataPlane.isEmpty(account, existing.name))) {
        const why = rules.legalHold
          ? 'legal hold'
          : rules.versionLevel
            ? 'immutable storage with versioning'
            : 'immutability policy';
        throw new ArmError(
          409,
          'ContainerProtectedFromDeletion',
          `The storage account ${account.name} container ${existing.name} is protected from deletion due to ${why}.`,
        );
      }
      reject(await dataPlane.remove(account, 'blob', existing.name), call);
      call.world.store.delete(existing.id);
      return { status: 200 };
    },
    view: shown,
    list: listed,
    actions: {
      ...legalHoldActions(),
      lease: (call, existing) => lease(call, existing, dataPlane),
      migrate: (call, existing) => ({
        status: 202,
        longRunning: { style: 'location', work: () => migrate(call, existing) },
      }),
    },
  };
}

async function put(call: ArmCall, existing: ArmResource | undefined, dataPlane: DataPlane): Promise<ArmReply> {
  const { world, path } = call;
  const { name, id } = path;
  const account = world.store.require(accountIdOf(id));
  const asked = (((call.body ?? {}) as ArmResource).properties ?? {}) as ContainerProperties;
  check(call, account, existing, asked);
  const { metadata, publicAccess } = asked;
  if (!existing) reject(await dataPlane.create(account, 'blob', name, { metadata, publicAccess }), call);
  else if (metadata) {
    const headers = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`x-ms-meta-${key}`, value]));
    const path = `/${name}?restype=container&comp=metadata`;
    reject(await dataPlane.send(account, 'blob', { method: 'PUT', path, container: name, headers }), call);
  }
  if (existing && publicAccess !== undefined) {
    const headers: Record<string, string> =
      publicAccess === 'None' ? {} : { 'x-ms-blob-public-access': publicAccess.toLowerCase() };
    const path = `/${name}?restype=container&comp=acl`;
    reject(await dataPlane.send(account, 'blob', { method: 'PUT', path, container: name, headers }), call);
  }
  const versionLevel = asked.immutableStorageWithVersioning?.enabled === true && {
    immutableStorageWithVersioning: { enabled: true, timeStamp: world.clock.iso() },
  };
  const given = { ...existing?.properties, ...asked, ...(!existing && versionLevel) };
  world.store.put(contentResource(world, account, { kind: 'blob', name, given }));
  return { status: existing ? 200 : 201 };
}

function check(
  call: ArmCall,
  account: ArmResource,
  existing: ArmResource | undefined,
  asked: ContainerProperties,
): void {
  const { publicAccess, immutableStorageWithVersioning } = asked;
  if (publicAccess !== undefined && !['None', 'Blob', 'Container'].includes(publicAccess)) {
    throw new ArmError(
      400,
      'InvalidRequestPropertyValue',
      `The value '${publicAccess}' is not allowed for property publicAccess.`,
    );
  }
  const open = publicAccess !== undefined && publicAccess !== 'None';
  if (open && account.properties?.allowBlobPublicAccess !== true) {
    throw new ArmError(409, 'PublicAccessNotPermitted', 'Public access is not permitted on this storage account.');
  }
  const enabled = immutableStorageWithVersioning?.enabled;
  if (enabled === undefined) return;
  const was = containerRules(call.world, account, call.path.name)?.versionLevel ?? false;
  if (existing && enabled !== was) {
    const message = 'Version-level immutability is enabled when a container is created, or by migrating it.';
    throw new ArmError(409, 'ContainerOperationFailure', message);
  }
  if (enabled && !existing) requireVersioning(call, account);
}

/** Version-level immutability depends on versioning. The code that Azure gives without it is not documented. */
function requireVersioning({ world }: ArmCall, account: ArmResource): void {
  if (world.store.get(`${account.id}/blobServices/default`)?.properties?.isVersioningEnabled === true) return;
  const message = 'Version-level immutability needs blob versioning: enable it for the storage account first.';
  throw new ArmError(409, 'ContainerOperationFailure', message);
}

/** A container that has a policy can get version-level immutability ("Migrate an existing container"). */
function migrate(call: ArmCall, existing: ArmResource): Promise<undefined> {
  const account = call.world.store.require(accountIdOf(existing.id));
  requireVersioning(call, account);
  if (!call.world.store.get(`${existing.id}/immutabilityPolicies/default`)) {
    const message = 'A container is migrated with its time-based retention policy: set one first.';
    return Promise.reject(new ArmError(409, 'ContainerOperationFailure', message));
  }
  const immutableStorageWithVersioning = {
    enabled: true,
    timeStamp: call.world.clock.iso(),
    migrationState: 'Completed',
  };
  const properties = { ...existing.properties, immutableStorageWithVersioning };
  call.world.store.put({ ...existing, properties });
  return Promise.resolve(undefined);
}

/** GET shows what protects a container. */
function shown(container: ArmResource, { world }: ArmCall): ArmResource {
  const policy = world.store.get(`${container.id}/immutabilityPolicies/default`);
  const { legalHold } = (container.properties ?? {}) as { legalHold?: { tags?: unknown[] } };
  const account = world.store.get(accountIdOf(container.id));
  const own = container.properties?.immutableStorageWithVersioning;
  const inherited = own === undefined && account && containerRules(world, account, container.name)?.versionLevel;
  return {
    ...container,
    properties: {
      ...container.properties,
      ...(inherited && { immutableStorageWithVersioning: { enabled: true } }),
      hasImmutabilityPolicy: policy !== undefined,
      hasLegalHold: (legalHold?.tags ?? []).length > 0,
      ...(policy && {
        immutabilityPolicy: {
          etag: policy.etag,
          properties: policy.properties,
          updateHistory: policy.updateHistory ?? [],
        },
      }),
    },
  };
}

/** `$filter` takes the beginning of a name. */
function listed({ world, path, query }: ArmCall): ArmResource[] {
  const account = accountIdOf(path.id);
  const all = world.store.list({ type: contentType('blob'), under: account });
  const prefix = query.get('$filter');
  // Clients send the prefix itself, or as the function.
  const start = prefix === null ? '' : (/^startswith\(name,\s*'?([^')]*)'?\)$/i.exec(prefix)?.[1] ?? prefix);
  return all.filter(({ name }) => name.startsWith(start));
}

async function lease(call: ArmCall, existing: ArmResource, dataPlane: DataPlane): Promise<ArmReply> {
  const account = call.world.store.require(accountIdOf(existing.id));
  const { action, leaseId, breakPeriod, leaseDuration, proposedLeaseId } = (call.body ?? {}) as Record<
    string,
    string | number
  >;
  const headers = {
    'x-ms-lease-action': String(action ?? '').toLowerCase(),
    'x-ms-lease-id': leaseId,
    'x-ms-lease-break-period': breakPeriod,
    'x-ms-lease-duration': leaseDuration,
    'x-ms-proposed-lease-id': proposedLeaseId,
  };
  const answer = await dataPlane.send(account, 'blob', {
    method: 'PUT',
    path: `/${existing.name}?restype=container&comp=lease`,
    container: existing.name,
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    ),
  });
  reject(answer, call);
  const time = answer.headers['x-ms-lease-time'];
  const id = answer.headers['x-ms-lease-id'];
  return {
    status: 200,
    body: { ...(id !== undefined && { leaseId: id }), ...(time !== undefined && { leaseTimeSeconds: time }) },
  };
}
