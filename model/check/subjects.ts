import { endpointName, endpointTargets, type EndpointTarget } from '../site/endpoints.ts';
import { repositoriesOf, siteAt, type Environment, type Place } from '../site/environment.ts';
import { homeLayout, repositoryLayout, siteKey, siteLayout, type Named } from '../site/layout.ts';
import { documentedZones } from '../site/zones.ts';

/** Something that workers of a site talk to, and the private endpoint through which they do. */
export interface Subject {
  host: string;
  resource: Named;
  zone: string;
  endpoint: Named;
}

/** What a worker needs: its files and log, its mailbox, the vault, the repositories. */
export function subjects(environment: Environment, place: Place): Subject[] {
  const { account, vault } = homeLayout(environment);
  const own = siteLayout(siteKey(environment, place)).account;
  const repositories = repositoriesOf(environment, siteAt(environment, place)).map(
    (repository) => repositoryLayout(siteKey(environment, environment.home), repository).account.id,
  );
  const needed = ({ target: { id }, group }: EndpointTarget) =>
    (group === 'blob' && (id === own.id || repositories.includes(id))) ||
    (group === 'queue' && id === account.id) ||
    (group === 'vault' && id === vault.id);
  const targets = endpointTargets(environment, siteAt(environment, place)).filter(needed);
  return targets.map(({ target, group }) => {
    const domain = group === 'vault' ? 'vault.azure.net' : `${group}.core.windows.net`;
    return subject(environment, place, `${target.name}.${domain}`, { target, group });
  });
}

/** What lies behind a host name that leads to an endpoint target. */
export function subject(
  environment: Environment,
  place: Place,
  host: string,
  { target, group }: EndpointTarget,
): Subject {
  const name = endpointName(target, group);
  const { resourceGroup } = siteLayout(siteKey(environment, place));
  const id = `${resourceGroup.id}/providers/Microsoft.Network/privateEndpoints/${name}`;
  return { host, resource: target, zone: documentedZones[group][0], endpoint: { name, id } };
}
