import { StrongroomError } from '../errors.ts';
import type { RepositoryTarget } from '../jobs.ts';
import { siteAt, type Environment, type Place, type RepositoryConfig } from './environment.ts';
import { homeLayout, repositoryLayout, siteKey, type SiteKey } from './layout.ts';

/**
 * Where a backup is written.
 * @param name of a repository of the environment; the first that is no archive when absent
 * @throws INVALID_INPUT for a repository that is not there or that only takes copies
 */
export function repositoryTarget(environment: Environment, name?: string): RepositoryTarget {
  const writable = environment.repositories.filter(({ archive }) => !archive);
  const found = name === undefined ? writable[0] : writable.find((repository) => repository.name === name);
  if (!found) {
    const isArchive = environment.repositories.some((repository) => repository.name === name);
    throw new StrongroomError(
      'INVALID_INPUT',
      `${isArchive ? `Repository "${name}" is an archive` : `There is no repository "${name}"`}. ` +
        `Backups are written to: ${writable.map((repository) => repository.name).join(', ')}.`,
    );
  }
  return { url: urlOf(environment, found), keyId: homeLayout(environment).keys.repository.url };
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
