import { Worker } from 'node:worker_threads';
import type { Preview } from '../../sandbox/pulumi/preview.ts';

type Config = Record<string, string>;
export type Declared = Preview['resources'];

export interface Place {
  subscriptionId: string;
  region: string;
}

/** A site that cannot be taken over, and why. */
export class AdoptError extends Error {
  override name = 'AdoptError';
}

/**
 * The configuration with the site declared, and with it left to run time. Pure.
 * @throws AdoptError when the configuration has no such site, or it is the appliance's own, which is always declared
 */
export function configurations(config: Config, place: Place): { declared: Config; atRunTime: Config } {
  const home = {
    subscriptionId: config['azure-native:subscriptionId'] ?? '',
    region: config['strongroom:region'] ?? '',
  };
  const sites = sitesIn(config['strongroom:sites'] ?? '[]');
  const isMeant = ({ subscriptionId = home.subscriptionId, region }: Partial<Place>) =>
    subscriptionId.toLowerCase() === place.subscriptionId.toLowerCase() && region === place.region;
  if (isMeant(home)) throw new AdoptError("That is the appliance's own site, which Pulumi always declares.");
  const at = sites.findIndex(isMeant);
  if (at < 0) {
    throw new AdoptError(
      `strongroom:sites has no site in ${place.region} of subscription ${place.subscriptionId}. One that was created at run ` +
        'time has an entry with "declared: false".',
    );
  }
  const having = (declared: boolean): Config => ({
    ...config,
    'strongroom:sites': JSON.stringify(sites.with(at, { ...sites[at], declared } as Partial<Place>)),
  });
  return { declared: having(true), atRunTime: having(false) };
}

function sitesIn(text: string): Partial<Place>[] {
  const sites = /^\s*\[/.test(text) ? (JSON.parse(text) as unknown[]) : undefined;
  if (sites?.every((site) => typeof site === 'object' && site !== null)) return sites;
  throw new AdoptError(
    'strongroom:sites is no list of sites; npm run preview says what is wrong with the configuration.',
  );
}

/**
 * What the Pulumi program declares with a configuration.
 * @throws Error of the program, with its `code`
 */
export async function declaredBy(config: Config, stack: string): Promise<Declared> {
  const worker = new Worker(new URL('./evaluate.ts', import.meta.url), { workerData: { config, stack } });
  const answer = await new Promise<{ resources: Declared } | { error: { message: string; code?: string } }>(
    (resolve, reject) => worker.once('message', resolve).once('error', reject),
  );
  await worker.terminate();
  if ('resources' in answer) return answer.resources;
  throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
}
