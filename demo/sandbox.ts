/** Keeps the local Azure and the appliance running until Ctrl-C, and says how to reach them. */
import { once } from 'node:events';
import { mustBeWritable, readArguments } from './arguments.ts';
import { endedBy, interruption } from './interruption.ts';
import { startWorld } from './world.ts';

const usage = `npm run sandbox -- [options]
  --record FILE   write every ARM exchange as a line of JSON, secrets masked
  --help          this text`;

const { values, fail } = readArguments(usage, { record: { type: 'string' } });
await mustBeWritable('record', values.record, fail);

const signal = interruption();
const world = await startWorld({ signal, record: values.record, say: (line) => console.log(line) }).catch(
  endedBy(signal),
);
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

if (!signal.aborted) await once(signal, 'abort');
console.log('\nStopping …');
await world.stop();
process.exit(0);
