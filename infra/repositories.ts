import type { Environment, RepositoryConfig } from '../model/site/environment.ts';
import type { RepositoryLayout } from '../model/site/layout.ts';

/** ARM id of a repository's container. */
export function containerId({ account, container }: RepositoryLayout): string {
  return `${account.id}/blobServices/default/containers/${container}`;
}

/** Tags of the group that repositories are in. */
export function repositoriesTags({ appliance, tags }: Environment): Record<string, string> {
  return { ...tags, strongroom: appliance };
}

/** Tags of a repository's account. They say what the policies of this and other stacks hold it to. */
export function repositoryTags(environment: Environment, repository: RepositoryConfig): Record<string, string> {
  const { archive, immutabilityDays } = repository;
  return {
    ...repositoriesTags(environment),
    'strongroom-role': archive ? 'archive' : 'repository',
    ...(immutabilityDays > 0 && { 'strongroom-immutability-days': String(immutabilityDays) }),
  };
}
