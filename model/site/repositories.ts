import { StrongroomError } from '../errors.ts';
import type { RepositoryTarget } from '../jobs.ts';
import { repositoriesOf, siteAt, type Environment, type Place, type RepositoryConfig } from './environment.ts';
import { homeLayout, repositoryLayout, siteKey, type SiteKey } from './layout.ts';

/**
 * Where a backup is written.
 * @param name of a repository; the first that the workers there write when absent
 * @param place of the machine: in the private network mode its site decides which repositories its workers reach
 * @throws INVALID_INPUT for a repository that is not there, that only takes copies or that the site does not reach;
 * UNSUPPORTED when there is no site
 */
export function repositoryTarget(environment: Environment, name?: string, place?: Place): RepositoryTarget {
  const bySite = place !== undefined && environment.network === 'private';
  const reached = bySite ? repositoriesOf(environment, siteAt(environment, place)) : environment.repositories;
  const writable = reached.filter(({ archive }) => !archive);
  const found = name === undefined ? writable[0] : writable.find((repository) => repository.name === name);
  if (!found) {
    const known = environment.repositories.find((repository) => repository.name === name);
    const why = !known
      ? `There is no repository "${name}"`
      : known.archive
        ? `Repository "${name}" is an archive`
        : `Site ${place?.region} does not reach repository "${name}"`;
    throw new StrongroomError(
      'INVALID_INPUT',
      `${why}. Backups are written to: ${writable.map((repository) => repository.name).join(', ')}.`,
    );
  }
  const { immutabilityDays } = found;
  return {
    url: urlOf(environment, found),
    keyId: homeLayout(environment).keys.repository.url,
    ...(immutabilityDays > 0 && { immutabilityDays }),
  };
}

/**
 * The site whose worker moves a machine's data: the machine's own, and in the public network mode the repository's.
 * @param place of the machine, or of the disks to be made
 * @throws UNSUPPORTED when there is no site there, or the repository is none of the environment's
 */
export function workerSite(environment: Environment, place: Place, repositoryUrl: string): SiteKey {
  if (environment.network === 'private') return siteKey(environment, siteAt(environment, place));
  const repository = environment.repositories.find((candidate) => urlOf(environment, candidate) === repositoryUrl);
  if (!repository) {
    throw new StrongroomError('UNSUPPORTED', `${repositoryUrl} is none of the appliance's repositories.`);
  }
  return siteKey(environment, { subscriptionId: environment.home.subscriptionId, region: repository.region });
}

function urlOf(environment: Environment, repository: RepositoryConfig): string {
  return repositoryLayout(siteKey(environment, environment.home), repository).url;
}
