import { versions } from '../../versions.ts';

/** Published versions of Microsoft.Insights/components (azure-rest-api-specs, applicationinsights). */
export const insightsVersions = versions(`
  2014-04-01 2015-05-01 2018-05-01-preview 2020-02-02 2020-02-02-preview
`);
