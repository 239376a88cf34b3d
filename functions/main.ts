/**
 * The appliance's entry: reads the settings once and registers every function with the Functions host. `worker/` beside
 * the built program holds the worker's files.
 */
import { fileURLToPath } from 'node:url';
import * as df from 'durable-functions';
import { LEASES } from '../model/leases.ts';
import { readSettings } from '../model/settings.ts';
import { activities, asOutcome } from './activities/index.ts';
import { createAppliance } from './appliance.ts';
import { leases } from './entities/leases.ts';
import { orchestrators } from './orchestrators/index.ts';
import { registerHttp } from './triggers/http.ts';
import { registerMailbox } from './triggers/mailbox.ts';

const appliance = createAppliance(readSettings(process.env), fileURLToPath(new URL('./worker/', import.meta.url)));

for (const [name, handler] of Object.entries(activities(appliance))) {
  df.app.activity(name, { handler: asOutcome(handler as (input: unknown) => Promise<unknown>) });
}
for (const [name, orchestrator] of Object.entries(orchestrators)) df.app.orchestration(name, orchestrator);
df.app.entity(LEASES, leases);
registerHttp(appliance);
registerMailbox(appliance);
