import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { accountIdOf } from '../accounts.ts';
import { contentResource, contentType } from '../contents.ts';
import type { StorageKind } from '../contents.ts';
import type { DataPlane } from '../dataPlane.ts';

/** Queues and tables through ARM (REST: Queue, Table); the data plane holds them. */
export function queueAndTableTypes(dataPlane: DataPlane): ResourceType[] {
  return (['queue', 'table'] as const).map((kind) => ({
    type: contentType(kind),
    put: (call, existing) => put(call, existing, kind, dataPlane),
    patch: (call, existing) => put(call, existing, kind, dataPlane),
    async delete(call: ArmCall, existing: ArmResource): Promise<ArmReply> {
      const account = call.world.store.require(accountIdOf(existing.id));
      reject(await dataPlane.remove(account, kind, existing.name), call);
      call.world.store.delete(existing.id);
      return { status: 204 };
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
  if (!existing) reject(await dataPlane.create(account, kind, name, { metadata }), call);
  const given = { ...existing?.properties, ...body };
  call.world.store.put(contentResource(call.world, account, { kind, name, given }));
  return { status: 200 };
}

/** Passes on what the data plane refuses, such as a name against the rules. */
export function reject(answer: { status: number; code?: string }, call: ArmCall): void {
  const { code } = answer;
  if (code === undefined) return;
  throw new ArmError(
    answer.status,
    code,
    `The storage service refused ${call.method} of '${call.path.name}': ${code}.`,
  );
}
