import type { Registry } from '../../registry.ts';
import { bodyOf, patchTags, setProvisioningState, tracked } from '../../resource.ts';
import { ArmError, type ArmCall, type ArmPath, type ArmResource, type ResourceType } from '../../types.ts';
import { resourceFilter } from './filter.ts';
import { refuseMove } from './moves.ts';

/** The path of a resource in a group. */
function pathOf(resource: ArmResource, group: ArmPath, scope: string | undefined): ArmPath {
  const names = resource.id
    .split(/\/providers\/[^/]+\//i)
    .at(-1)!
    .split('/')
    .filter((_, i) => i % 2 === 1);
  return {
    ...group,
    id: resource.id,
    type: resource.type,
    names,
    name: resource.name,
    ...(scope !== undefined && { scope }),
  };
}

const depthOf = ({ id }: { id: string }) => id.split('/').length;

/**
 * What of a group is deleted by name: what stands directly in it, and below that what has a location of its own (links
 * of zones, run commands), deepest first. The rest goes with its parent.
 */
function deletable(call: ArmCall): ArmResource[] {
  const direct = depthOf(call.path) + 4;
  return call.world.store
    .under(call.path.id)
    .filter((resource) => depthOf(resource) === direct || resource.location !== undefined)
    .sort((a, b) => depthOf(b) - depthOf(a));
}

/** Deletes one resource the way its provider does, to the end. */
async function deleteOne(registry: Registry, call: ArmCall, resource: ArmResource): Promise<void> {
  const type = registry.type(resource.type);
  const path = pathOf(resource, call.path, type?.extension && call.path.id);
  const reply = await type?.delete?.({ ...call, path, body: undefined, headers: {} }, resource);
  await reply?.longRunning?.work();
  call.world.store.delete(resource.id);
}

/**
 * Deletes what a group holds. Resources that others use go in a later round; when a round gets nothing deleted, the
 * group stays.
 * @throws ArmError 409 ResourceGroupDeletionBlocked
 */
async function emptyGroup(registry: Registry, call: ArmCall): Promise<void> {
  const { store } = call.world;
  for (;;) {
    const left = deletable(call);
    if (left.length === 0) return;
    const failures: { id: string; error: unknown }[] = [];
    for (const resource of left) {
      if (!store.get(resource.id)) continue;
      await deleteOne(registry, call, resource).catch((error: unknown) => failures.push({ id: resource.id, error }));
    }
    if (failures.length < left.length) continue;
    throw new ArmError(
      409,
      'ResourceGroupDeletionBlocked',
      `Deletion of resource group '${call.path.name}' did not finish as resources with identifiers ` +
        `'${failures.map(({ id }) => id).join(', ')}' could not be deleted.`,
      { details: { details: failures.map(({ id, error }) => failure(id, error)) } },
    );
  }
}

function failure(target: string, error: unknown): unknown {
  const code = error instanceof ArmError ? error.code : 'InternalServerError';
  return { code, target, message: error instanceof Error ? error.message : String(error) };
}

function invalidGroupName(name: string): ArmError {
  const odd = name.length > 90 ? '' : (name.match(/[^\p{L}\p{Nd}_().-]|\.$/gu) ?? []).join('');
  const why = odd
    ? `has these invalid characters: '${odd}'. The name can only be a letter, digit, '-', '.', '(', ')' or '_'`
    : 'is invalid: it may have 1 to 90 characters';
  return new ArmError(400, 'InvalidResourceGroup', `The provided resource group name '${name}' ${why}.`);
}

/** Microsoft.Resources/resourceGroups. Deleting a group deletes what it holds, asynchronously. */
export function resourceGroups(registry: Registry): ResourceType {
  return {
    type: 'Microsoft.Resources/resourceGroups',
    nameRule: { pattern: /^(?=.{1,90}$)[\p{L}\p{Nd}_().-]*[\p{L}\p{Nd}_()-]$/u, refuse: invalidGroupName },
    put(call, existing) {
      const { managedBy } = bodyOf(call);
      const group = { ...tracked(call, existing), ...(managedBy !== undefined && { managedBy }) };
      call.world.store.put({ ...group, properties: { provisioningState: 'Succeeded' } });
      return { status: existing ? 200 : 201 };
    },
    patch: patchTags,
    delete(call, existing) {
      const { store } = call.world;
      setProvisioningState(store, existing.id, 'Deleting');
      const work = async () => {
        await emptyGroup(registry, call);
        store.delete(existing.id);
      };
      return { status: 202, longRunning: { style: 'location', work } };
    },
    actions: { moveresources: refuseMove, validatemoveresources: refuseMove },
    list(call) {
      const matches = resourceFilter(call.query.get('$filter'));
      return call.world.store
        .list({ type: 'Microsoft.Resources/resourceGroups', under: `/subscriptions/${call.path.subscriptionId}` })
        .filter(matches);
    },
  };
}
