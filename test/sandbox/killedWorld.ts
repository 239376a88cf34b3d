// A local Azure on a state folder, for tests that kill it: says that it is there and waits for its end.
import { startSandbox } from '../../sandbox/index.ts';

const [state, app, siteId, setting] = process.argv.slice(2) as [string, string, string, string];
const sandbox = await startSandbox({ state });
sandbox.clock.advance(26 * 3_600_000);
const { client, subscriptionId } = sandbox;
const group = `/subscriptions/${subscriptionId}/resourceGroups/g`;
await client.arm('PUT', `${group}?api-version=2025-04-01`, { location: 'westeurope' });
const web = `${group}/providers/Microsoft.Web`;
const location = 'westeurope';
await client.arm('PUT', `${web}/serverfarms/plan?api-version=2024-11-01`, { location, sku: { name: 'FC1' } });
await client.arm('PUT', `${siteId}?api-version=2024-11-01`, {
  location,
  kind: 'functionapp,linux',
  properties: { serverFarmId: `${web}/serverfarms/plan` },
});
await client.arm('PUT', `${siteId}/config/appsettings?api-version=2024-11-01`, { properties: { GREETING: setting } });
await sandbox.startApp(siteId, app);
const started = await client.send('POST', 'https://greeter.azurewebsites.net/api/start?name=you');
process.stdout.write(`${JSON.stringify({ proxy: sandbox.operator.proxyUrl, started: started.body })}\n`);
setInterval(() => {}, 1e6);
