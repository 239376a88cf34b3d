/** Keeps the local Azure and the appliance running until Ctrl-C, and says how to reach them. */
import { startWorld } from './world.ts';

const world = await startWorld({ say: (line) => console.log(line) });
const { sandbox, apiUrl, apiAudience, machine } = world;
const environment = Object.entries(sandbox.operator.env)
  .map(([key, value]) => `export ${key}='${value}'`)
  .join('\n');

console.log(`
The appliance's API: ${apiUrl}/api
A machine to back up: ${machine.id}

Point SDKs and curl at this Azure:

${environment}

Then, for example:

token=$(curl -s -H Metadata:true "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${apiAudience}" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl -s -H "Authorization: Bearer $token" -H 'Content-Type: application/json' ${apiUrl}/api/backups -d '{"resourceId":"${machine.id}"}'
curl -s -H "Authorization: Bearer $token" ${apiUrl}/api/sessions

Ctrl-C ends it and removes everything.`);

await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
console.log('\nStopping …');
await world.stop();
process.exit(0);
