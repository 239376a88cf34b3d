import type { Demand } from '../arm/access/contract.ts';
import type { Fault } from '../core/faults.ts';
import type { Sandbox } from '../index.ts';

/** What a running world says of itself. Times are ISO 8601. */
export interface Status {
  pid: number;
  since: string;
  /** The folder that keeps the world; null: it is gone at its end. */
  state: string | null;
  dir: string;
  proxy: string;
  caFile: string;
  tenantId: string;
  subscriptions: { subscriptionId: string; displayName: string }[];
  /** The world's time, and how far it is ahead of real time. */
  time: string;
  offsetMs: number;
  /** Resources, without subscriptions and what stands below resources. */
  resources: number;
  resourceGroups: number;
  faults: { fault: Fault; hits: number }[];
  /** What somebody was refused since the world's start for want of a role, and was not granted later. */
  refused: Pick<Demand, 'principal' | 'action' | 'scope'>[];
}

export function statusOf({
  sandbox,
  state,
  since,
}: {
  sandbox: Sandbox;
  state: string | undefined;
  since: string;
}): Status {
  const { clock, faults, operator, world } = sandbox;
  const subscriptions = world.store.list({ type: 'Microsoft.Resources/subscriptions' });
  const all = subscriptions.flatMap(({ id }) => world.store.under(id));
  const isTopLevel = ({ type }: { type: string }) => type.split('/').length === 2;
  const isGroup = ({ type }: { type: string }) => type.toLowerCase() === 'microsoft.resources/resourcegroups';
  return {
    pid: process.pid,
    since,
    state: state ?? null,
    dir: sandbox.dir,
    proxy: operator.proxyUrl,
    caFile: sandbox.caFile,
    tenantId: sandbox.tenantId,
    subscriptions: subscriptions.map(({ name, displayName }) => ({
      subscriptionId: name,
      displayName: displayName as string,
    })),
    time: clock.iso(),
    offsetMs: clock.offset,
    resources: all.filter((one) => isTopLevel(one) && !isGroup(one)).length,
    resourceGroups: all.filter(isGroup).length,
    faults: faults.list().map(({ fault, hits }) => ({ fault, hits })),
    refused: refusedFor(sandbox.access.demanded()),
  };
}

function refusedFor(demands: Demand[]): Status['refused'] {
  const what = ({ principalId, action, scopeType }: Demand) => `${principalId} ${action} ${scopeType}`.toLowerCase();
  const granted = new Set(demands.filter((one) => one.granted).map(what));
  return demands
    .filter((one) => !one.granted && !granted.has(what(one)))
    .map(({ principal, action, scope }) => ({ principal, action, scope }));
}
