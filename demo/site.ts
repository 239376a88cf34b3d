import { isTerminal, type SessionStep } from '../model/session.ts';
import { endpointName } from '../model/site/endpoints.ts';
import type { SiteView } from '../model/site/view.ts';
import { region } from './deployment.ts';
import { seconds } from './format.ts';
import type { World } from './world.ts';

/** A check of a site by a worker in it. */
export interface SiteCheck {
  ms: number;
  steps: SessionStep[];
}

/** A site in the API's list, in short. */
export interface SiteSummary {
  subscriptionId: string;
  region: string;
  state: SiteView['state'] | 'unreadable';
  /** How many pieces it has, and how many of them the appliance made. */
  pieces: number;
  madeAtRunTime: number;
  /** When a worker last found it well, ISO 8601; null: never. */
  passed: string | null;
}

/** Lets a worker try out the machine's site, and tells of each step. @throws when the session fails */
export async function checkSite({ sandbox, appliance }: World, say: (line: string) => void): Promise<SiteCheck> {
  const started = Date.now();
  let steps: SessionStep[] = [];
  await appliance.run(`/api/sites/${sandbox.subscriptionId}/${region}/check`, {}, (session) => {
    if (!isTerminal(session.state)) return;
    steps = session.steps ?? [];
    for (const step of steps) say(`  ${stepLine(step)}`);
  });
  return { ms: Date.now() - started, steps };
}

function stepLine({ name, ok, seen, ms, fix }: SessionStep): string {
  const line = `${ok ? 'ok    ' : 'FAILED'} ${seconds(ms).padStart(6)}  ${name.replace('https://', '')}: ${seen}`;
  return fix === undefined ? line : `${line}\n                 ${fix}`;
}

/** Takes a private endpoint and a DNS record away from the site, as a person with rights on it might. Gives their names. */
export async function damageSite({ sandbox, layout }: World, say: (line: string) => void): Promise<string[]> {
  const endpoint = endpointName(layout.account, 'queue');
  const record = layout.vault.name;
  const network = `${layout.resourceGroup.id}/providers/Microsoft.Network`;
  say(`Somebody deletes the private endpoint ${endpoint}`);
  await sandbox.client.arm('DELETE', `${network}/privateEndpoints/${endpoint}?api-version=2025-01-01`);
  say(`and the record ${record} of the private DNS zone privatelink.vaultcore.azure.net.`);
  const zone = `${network}/privateDnsZones/privatelink.vaultcore.azure.net`;
  await sandbox.client.arm('DELETE', `${zone}/A/${record}?api-version=2024-06-01`);
  return [endpoint, record];
}

/** All sites as the API shows them, in short. */
export async function summarizeSites({ appliance }: World): Promise<SiteSummary[]> {
  return (await appliance.sites()).map((site) => {
    const { subscriptionId, region: place, state = 'unreadable', pieces = [], tried } = site;
    const madeAtRunTime = pieces.filter(({ made }) => made === 'run-time').length;
    const passed = tried?.passed ?? null;
    return { subscriptionId, region: place, state, pieces: pieces.length, madeAtRunTime, passed };
  });
}

/** A site in one line, for people. */
export function siteLine({ region: place, state, pieces, madeAtRunTime, passed }: SiteSummary): string {
  const made =
    madeAtRunTime === 0 ? 'all declared' : `${pieces - madeAtRunTime} declared, ${madeAtRunTime} made at run time`;
  return `Site ${place}: ${state}, ${pieces} pieces (${made}), ${passed === null ? 'never checked' : `last checked ${passed.slice(0, 19)}Z`}.`;
}
