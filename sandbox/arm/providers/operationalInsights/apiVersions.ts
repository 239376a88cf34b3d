import { versions } from '../../versions.ts';

/** Published versions of Microsoft.OperationalInsights (azure-rest-api-specs, operationalinsights). */
export const operationalInsightsVersions = versions(`
  2015-03-20 2015-11-01-preview 2017-04-26-preview 2020-03-01-preview 2020-08-01 2020-10-01 2021-06-01
  2021-12-01-preview 2022-10-01 2023-09-01 2025-02-01 2025-07-01 2026-03-01
`);
