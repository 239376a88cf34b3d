import type { ArmResource } from '../sandbox/arm/types.ts';
import type { World } from './world.ts';

export interface Check {
  name: string;
  ok: boolean;
  /** What was found instead, when it is not. */
  found?: string;
}

/** Compares what was found with what should be there. */
export function check(name: string, found: unknown, expected: unknown): Check {
  const ok = JSON.stringify(found) === JSON.stringify(expected);
  return { name, ok, ...(ok ? {} : { found: JSON.stringify(found) }) };
}

/** Looks for anything temporary that sessions should have taken away. `newest`: the session of the newest point. */
export async function leftovers(world: World, newest: string): Promise<Check[]> {
  const { sandbox, layout, machine } = world;
  const { store } = sandbox.world;
  const named = (found: ArmResource[]) => found.map(({ name }) => name);
  const active = [
    ...store.list({ type: 'Microsoft.Compute/snapshots' }),
    ...store.list({ type: 'Microsoft.Compute/disks' }),
  ];
  const withSas = active.filter(({ properties }) => /^Active(SAS|Upload)/.test(String(properties?.diskState)));
  const ours = store
    .list({ type: 'Microsoft.Compute/snapshots' })
    .filter(({ tags }) => tags?.['strongroom-id'] !== undefined);
  const old = ours.filter(({ tags }) => tags?.['strongroom-id'] !== newest);
  const group = `/subscriptions/${sandbox.subscriptionId}/resourceGroups/${layout.resourceGroup.name}`;
  const running: string[] = [];
  for (const { id, name } of store.list({ type: 'Microsoft.Compute/virtualMachines', under: group })) {
    const view = (await sandbox.client.arm('GET', `${id}/instanceView?api-version=2026-04-01`)) as {
      statuses: { code: string }[];
    };
    if (!view.statuses.some(({ code }) => code === 'PowerState/deallocated')) running.push(name);
  }
  const commands = store.list({ type: 'Microsoft.Compute/virtualMachines/runCommands', under: group });
  return [
    check('no export SAS is left on any disk or snapshot', named(withSas), []),
    check('snapshots of the newest point are kept, one per disk', ours.length - old.length, machine.disks.length),
    check('older snapshots are deleted', named(old), []),
    check('no worker machine is running', running, []),
    check('no Run Command is left on a worker', named(commands), []),
    check('no worker queue is left', await queues(world), [layout.mailbox]),
  ];
}

/** Names of the queues in the tagged account. */
export async function queues({ inside, layout }: Pick<World, 'inside' | 'layout'>): Promise<string[]> {
  const reply = await inside.client.send('GET', `${layout.account.queueUrl}/?comp=list`, {
    resource: 'https://storage.azure.com/',
    headers: { 'x-ms-version': '2024-11-04' },
  });
  if (reply.status !== 200) throw new Error(`Listing queues answered ${reply.status}: ${String(reply.body)}`);
  return [...String(reply.body).matchAll(/<Name>([^<]*)<\/Name>/g)].map((match) => match[1]!);
}
