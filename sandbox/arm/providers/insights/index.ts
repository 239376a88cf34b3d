import { insightsVersions } from './apiVersions.ts';
import type { Provider } from '../../types.ts';
import { components } from './components.ts';

/** Microsoft.Insights. */
export const insights: Provider = {
  namespace: 'Microsoft.Insights',
  apiVersions: insightsVersions,
  types: [components],
};
