import { check, queues, type Check } from '../../demo/leftovers.ts';
import type { Deployment } from '../../demo/deployment.ts';
import type { SessionView } from '../../model/session.ts';
import { siteLayout } from '../../model/site/layout.ts';
import type { ArmResource } from '../../sandbox/arm/types.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import type { Plan } from './plan.ts';

const exportPolicy = ['networkAccessPolicy', 'publicNetworkAccess', 'diskAccessId'];

/** Looks for anything that sessions should have taken away. `newest`: each machine's newest session. */
export async function remains(
  sandbox: Sandbox,
  deployment: Deployment,
  { sites, machines }: Plan,
  newest: SessionView[],
): Promise<Check[]> {
  const { store } = sandbox.world;
  const named = (found: ArmResource[]) => found.map(({ name }) => name);
  const snapshots = store.list({ type: 'Microsoft.Compute/snapshots' });
  const disks = machines.flatMap((machine) => machine.disks);
  const open = [...snapshots, ...store.list({ type: 'Microsoft.Compute/disks' })].filter(({ properties }) =>
    String(properties?.diskState).startsWith('Active'),
  );
  const sessions = new Set(newest.map(({ id }) => id));
  const old = snapshots.filter(({ tags }) => !sessions.has(tags?.['strongroom-id'] ?? ''));
  const otherwise = snapshots.filter(({ properties }) => {
    const source = store.require((properties?.creationData as { sourceResourceId: string }).sourceResourceId);
    return exportPolicy.some((name) => properties?.[name] !== source.properties?.[name]);
  });
  const groups = sites.map((site) => siteLayout({ appliance: 'strongroom', ...site }).resourceGroup.id);
  const running: string[] = [];
  for (const under of groups) {
    for (const { id, name } of store.list({ type: 'Microsoft.Compute/virtualMachines', under })) {
      const view = (await sandbox.client.arm('GET', `${id}/instanceView?api-version=2026-04-01`)) as {
        statuses: { code: string }[];
      };
      if (!view.statuses.some(({ code }) => code === 'PowerState/deallocated')) running.push(`${under}: ${name}`);
    }
  }
  const commands = groups.flatMap((under) =>
    store.list({ type: 'Microsoft.Compute/virtualMachines/runCommands', under }),
  );
  return [
    check('no SAS is left on any disk or snapshot', named(open), []),
    check('snapshots of the newest points are kept, one per disk', snapshots.length - old.length, disks.length),
    check('older snapshots are deleted', named(old), []),
    check('snapshots have the export policy of their disks', named(otherwise), []),
    check('no worker machine is running', running, []),
    check('no Run Command is left on a worker', named(commands), []),
    check('no worker queue is left', await queues(deployment), [deployment.layout.mailbox]),
  ];
}
