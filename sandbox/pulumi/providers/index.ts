import type { Arm, Operations } from '../operation.ts';
import { applicationinsights } from './applicationinsights.ts';
import { authorization } from './authorization.ts';
import { compute } from './compute.ts';
import { keyvault } from './keyvault.ts';
import { managedidentity } from './managedidentity.ts';
import { network } from './network.ts';
import { operationalinsights } from './operationalinsights.ts';
import { privatedns } from './privatedns.ts';
import { resources } from './resources.ts';
import { sql } from './sql.ts';
import { storage } from './storage.ts';
import { web } from './web.ts';

const providers = [
  applicationinsights,
  authorization,
  compute,
  keyvault,
  managedidentity,
  network,
  operationalinsights,
  privatedns,
  resources,
  sql,
  storage,
  web,
];

/** Every azure-native resource type that the applier knows. One client per provider. */
export function operationsOf(arm: Arm): Operations {
  return Object.assign({}, ...providers.map((provider) => provider(arm))) as Operations;
}
