import type { RepositoryLayout } from '../model/site/layout.ts';

/** ARM id of a repository's container. */
export function containerId({ account, container }: RepositoryLayout): string {
  return `${account.id}/blobServices/default/containers/${container}`;
}
