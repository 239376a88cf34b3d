import type { ArmResource, ArmWorld } from '../../arm/types.ts';
import { accountIdOf, ACCOUNT_TYPE } from '../accounts.ts';
import type { DataPlane } from '../dataPlane.ts';
import { contentType } from '../contents.ts';
import { outcomeOf, rulesOf, type Candidate, type Rule } from './policy.ts';

const DAY_MS = 86_400_000;
/** How often the time of the next run is looked at, beside each move of the clock. */
const CHECK_MS = 60_000;

/** Executes lifecycle rules once a day of the sandbox's clock. */
export function startLifecycle(world: ArmWorld, dataPlane: DataPlane) {
  const runs = world.state.map<number>('storage.lifecycle');
  let running: Promise<void> | undefined;

  const run = (): Promise<void> => {
    running ??= runAll(world, dataPlane).finally(() => (running = undefined));
    return running;
  };
  const check = () => {
    const last = runs.get('last') ?? world.clock.now();
    const due = world.clock.now() - last >= DAY_MS;
    if (due || !runs.has('last')) runs.set('last', world.clock.now());
    if (!due) return;
    run().catch((error: unknown) =>
      process.stderr.write(`sandbox storage: lifecycle rules failed: ${String(error)}\n`),
    );
  };
  check();
  const unsubscribe = world.clock.onChange(check);
  const timer = setInterval(check, CHECK_MS).unref();

  return {
    run,
    async stop() {
      clearInterval(timer);
      unsubscribe();
      await running?.catch(() => {});
    },
  };
}

async function runAll(world: ArmWorld, dataPlane: DataPlane): Promise<void> {
  for (const policy of world.store.list({ type: `${ACCOUNT_TYPE}/managementPolicies` })) {
    const account = world.store.get(accountIdOf(policy.id));
    const rules = rulesOf(policy.properties);
    if (!account) continue;
    for (const { name } of world.store.list({ type: contentType('blob'), under: account.id })) {
      await runOn(world, dataPlane, { account, container: name, rules });
    }
  }
}

interface Listed extends Candidate {
  /** What names it in a request, beside its path. */
  query: string;
}

async function runOn(
  world: ArmWorld,
  dataPlane: DataPlane,
  { account, container, rules }: { account: ArmResource; container: string; rules: Rule[] },
): Promise<void> {
  for (const blob of await list(dataPlane, account, container)) {
    const outcome = outcomeOf(rules, blob, world.clock.now());
    if (outcome === undefined) continue;
    const path = `/${container}/${blob.name.split('/').map(encodeURIComponent).join('/')}`;
    // What is protected, leased or has snapshots is refused; the next day tries again.
    if (outcome === 'delete') {
      await dataPlane.send(account, 'blob', { method: 'DELETE', path: `${path}?${blob.query}`, container });
    } else {
      const headers = { 'x-ms-access-tier': outcome };
      await dataPlane.send(account, 'blob', {
        method: 'PUT',
        path: `${path}?comp=tier&${blob.query}`,
        container,
        headers,
      });
    }
  }
}

async function list(dataPlane: DataPlane, account: ArmResource, container: string): Promise<Listed[]> {
  const found: Listed[] = [];
  let marker = '';
  do {
    const path = `/${container}?restype=container&comp=list&include=snapshots,versions&marker=${encodeURIComponent(marker)}`;
    const { body } = await dataPlane.send(account, 'blob', { method: 'GET', path, container });
    for (const [, xml] of body.matchAll(/<Blob>(.*?)<\/Blob>/gs)) found.push(candidate(container, xml!));
    marker = unescape(/<NextMarker>([^<]*)<\/NextMarker>/.exec(body)?.[1] ?? '');
  } while (marker !== '');
  return found;
}

function candidate(container: string, xml: string): Listed {
  const element = (name: string) => {
    const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
    return text === undefined ? undefined : unescape(text);
  };
  const snapshot = element('Snapshot');
  const version = element('VersionId');
  const previous = version !== undefined && element('IsCurrentVersion') !== 'true';
  const tierChanged = element('AccessTierChangeTime');
  const made = snapshot ?? (previous ? version : undefined) ?? element('Creation-Time')!;
  const type = element('BlobType')!;
  return {
    kind: snapshot ? 'snapshot' : previous ? 'version' : 'baseBlob',
    container,
    name: element('Name')!,
    blobType: `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`,
    created: Date.parse(made),
    modified: Date.parse(element('Last-Modified')!),
    tier: element('AccessTier'),
    tierChanged: tierChanged === undefined ? undefined : Date.parse(tierChanged),
    query: snapshot ? `snapshot=${snapshot}` : previous ? `versionid=${version}` : '',
  };
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
