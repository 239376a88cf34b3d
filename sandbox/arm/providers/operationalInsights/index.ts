import { operationalInsightsVersions } from './apiVersions.ts';
import type { Provider } from '../../types.ts';
import { workspaces } from './workspaces.ts';

/** Microsoft.OperationalInsights. */
export const operationalInsights: Provider = {
  namespace: 'Microsoft.OperationalInsights',
  apiVersions: operationalInsightsVersions,
  types: [workspaces],
};
