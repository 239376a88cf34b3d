import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { contentResource, contentType, STORAGE_KINDS } from '../contents.ts';
import type { StorageKind } from '../contents.ts';
import type { DataPlane } from '../dataPlane.ts';
import { accountIdOf } from './settings.ts';

/** Containers, queues and tables through ARM (REST: Blob Containers, Queue, Table); the data plane holds them. */
export function contentTypes(dataPlane: DataPlane): ResourceType[] {
  return STORAGE_KINDS.map((kind) => ({
    type: contentType(kind),
    put: (call: ArmCall, existing: ArmResource | undefined) => put(call, existing, kind, dataPlane),
    patch: (call: ArmCall, existing: ArmResource) => put(call, existing, kind, dataPlane),
    async delete(call: ArmCall, existing: ArmResource): Promise<ArmReply> {
      const account = call.world.store.require(accountIdOf(existing.id));
      reject(await dataPlane.remove(account, kind, existing.name), call);
      call.world.store.delete(existing.id);
      return { status: kind === 'blob' ? 200 : 204 };
    },
  }));
}

async function put(
  call: ArmCall,
  existing: ArmResource | undefined,
  kind: StorageKind,
  dataPlane: DataPlane,
): Promise<ArmReply> {
  const { name, id } = call.path;
  const account = call.world.store.require(accountIdOf(id));
  const body = ((call.body ?? {}) as ArmResource).properties ?? {};
  const metadata = (body.metadata ?? {}) as Record<string, string>;
  if (!existing) reject(await dataPlane.create(account, kind, name, metadata), call);
  const resource = contentResource(call.world, account, { kind, name, given: { ...existing?.properties, ...body } });
  call.world.store.put(resource);
  // Containers answer 201 when made; queues and tables answer 200 either way.
  return { status: kind === 'blob' && !existing ? 201 : 200, body: resource };
}

/** Passes on what the data plane refuses, such as a name against the rules. */
function reject(answer: { status: number; code?: string }, call: ArmCall): void {
  const { code } = answer;
  if (code === undefined) return;
  throw new ArmError(
    answer.status,
    code,
    `The storage service refused ${call.method} of '${call.path.name}': ${code}.`,
  );
}
