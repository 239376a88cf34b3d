import { versions } from '../arm/versions.ts';

/** Published versions of Microsoft.Sql (azure-rest-api-specs, sql). */
export const sqlVersions = versions(`
  2014-01-01 2014-04-01-preview 2014-04-01 2015-01-01 2015-05-01-preview 2015-05-01 2017-03-01-preview
  2017-10-01-preview 2018-06-01-preview 2018-06-01 2019-06-01-preview 2020-02-02-preview 2020-08-01-preview
  2020-11-01-preview 2021-02-01-preview 2021-05-01-preview 2021-08-01-preview 2021-11-01-preview 2021-11-01
  2022-02-01-preview 2022-05-01-preview 2022-08-01-preview 2022-11-01-preview 2023-02-01-preview 2023-05-01-preview
  2023-08-01-preview 2023-08-01 2024-05-01-preview 2024-11-01-preview 2025-01-01 2025-02-01-preview
`);
