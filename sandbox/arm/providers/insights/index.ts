import type { Provider } from '../../types.ts';
import { components } from './components.ts';

/** Microsoft.Insights. */
export const insights: Provider = { namespace: 'Microsoft.Insights', types: [components] };
