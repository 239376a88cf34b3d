import { versions } from '../../versions.ts';

/** Published versions of Microsoft.Authorization: roles (azure-rest-api-specs, authorization). */
export const authorizationVersions = versions(`
  2015-06-01 2015-07-01 2016-07-01 2017-05-01
  2017-10-01-preview 2018-01-01-preview 2018-05-01-preview 2018-07-01 2018-07-01-preview 2018-09-01-preview
  2019-08-01-preview 2020-03-01-preview 2020-04-01-preview 2020-08-01-preview 2020-10-01
  2020-10-01-preview 2021-01-01-preview 2021-12-01-preview 2022-01-01-preview 2022-04-01 2022-05-01-preview
`);

/** Locks have versions of their own (azure-rest-api-specs, resources/locks). */
export const lockVersions = versions('2015-01-01 2015-05-01-preview 2016-09-01 2017-04-01 2020-05-01');
