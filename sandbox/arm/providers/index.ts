import type { Provider } from '../types.ts';
import { authorization } from './authorization/index.ts';
import { insights } from './insights/index.ts';
import { managedIdentity } from './managedIdentity/index.ts';
import { network } from './network/index.ts';
import { operationalInsights } from './operationalInsights/index.ts';
import { web } from './web/index.ts';

/** The providers that need nothing but the world. Microsoft.Resources is built by `createArm`: it lists the others. */
export const providers: Provider[] = [authorization, insights, managedIdentity, network, operationalInsights, web];
