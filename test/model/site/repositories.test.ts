import { expect, it } from 'vitest';
import { environmentSchema } from '../../../model/site/environment.ts';
import { repositoryLayout, siteKey } from '../../../model/site/layout.ts';
import { repositoryTarget } from '../../../model/site/repositories.ts';

const subscriptionId = '4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10';
const environment = environmentSchema.parse({
  appliance: 'strongroom',
  home: { subscriptionId, region: 'westeurope' },
  sites: [{ subscriptionId, region: 'northeurope', repositories: ['far'] }],
  repositories: [
    { name: 'main', region: 'westeurope' },
    { name: 'far', region: 'northeurope' },
    { name: 'old', region: 'westeurope', archive: true },
  ],
});
const urlOf = (name: string) => repositoryLayout(siteKey(environment, environment.home), { name }).url;
const north = { subscriptionId, region: 'northeurope' };

it('a backup goes to the first repository that the site of the machine writes', () => {
  expect(repositoryTarget(environment, undefined, environment.home).url).toBe(urlOf('main'));
  expect(repositoryTarget(environment, undefined, north).url).toBe(urlOf('far'));
  expect(repositoryTarget({ ...environment, network: 'public' }, undefined, north).url).toBe(urlOf('main'));
});

it.each([
  ['main', 'Site northeurope does not reach repository "main". Backups are written to: far.'],
  ['old', 'Repository "old" is an archive. Backups are written to: far.'],
  ['new', 'There is no repository "new". Backups are written to: far.'],
])('repository %s is refused with those that may be named', (name, message) => {
  expect(() => repositoryTarget(environment, name, north)).toThrow(message);
});
