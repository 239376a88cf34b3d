import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createControl, openRegister } from '../../sandbox/control/index.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { readScenario } from '../../sandbox/scenario/index.ts';
import { mustBeWritable, type Fail } from '../arguments.ts';
import { region } from '../deployment.ts';
import { endedBy, interruption } from '../interruption.ts';
import { openWorld, type OpenWorld } from '../world.ts';
import { LOG_VARIABLE, type Ready } from './detach.ts';
import { wrongInput } from './wrongInput.ts';

export interface StartOptions {
  scenario?: string;
  bare?: boolean;
  state?: string;
  record?: string;
  envFile?: string;
}

/** Starts a world, says how to reach it, and keeps it until Ctrl-C or `stop`. */
export async function start({ scenario: file, bare = false, record, envFile, ...options }: StartOptions, fail: Fail) {
  const state = options.state === undefined ? undefined : resolve(options.state);
  await mustBeWritable('record', record, fail);
  await mustBeWritable('env-file', envFile, fail);
  const scenario = file === undefined ? undefined : { file, read: await readScenario(file).catch(wrongInput) };
  const signal = interruption();
  const since = new Date().toISOString();
  if (!bare) await build(signal).catch(endedBy(signal));
  const say = (line: string) => console.log(line);
  const asked = new AbortController();
  const register = openRegister();
  const onAzure = async (sandbox: Sandbox) => {
    sandbox.use(createControl({ sandbox, state, since, stop: () => asked.abort() }));
    register.add({
      proxy: sandbox.operator.proxyUrl,
      state: state ?? null,
      since,
      log: process.env[LOG_VARIABLE] ?? null,
    });
    if (envFile !== undefined) await writeFile(envFile, `${environment(sandbox)}\n`);
    say(`Local Azure: ${sandbox.operator.proxyUrl} (files in ${sandbox.dir})`);
    if (!bare) say('The appliance is being declared and deployed …');
  };
  const ending = AbortSignal.any([signal, asked.signal]);
  const world = await openWorld({ signal: ending, record, state, scenario, bare, onAzure })
    .catch(endedBy(ending, state))
    .catch(wrongInput);
  const held = `${state} holds a world already: of the scenario, settings, faults and applications apply.\n`;
  const text = (world.isNew ? '' : held) + account(world, envFile);
  if (process.send) process.send({ ready: text } satisfies Ready);
  else say(`${text}\n\nCtrl-C ends it${state === undefined ? ' and removes everything' : `; ${state} keeps it`}.`);

  if (!ending.aborted) await once(ending, 'abort');
  say('\nStopping …');
  await world.stop();
  register.remove();
  process.exit(0);
}

/** Builds what the appliance is made of, where it changed. */
async function build(signal: AbortSignal): Promise<void> {
  const program = join(import.meta.dirname, '../../build/index.ts');
  const child = spawn(process.execPath, [program, '--if-changed'], { stdio: 'inherit', signal });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exit(1);
}

/** The operator's variables, for a shell to read. */
function environment(sandbox: Sandbox): string {
  return Object.entries(sandbox.operator.env)
    .map(([key, value]) => `export ${key}='${value.replaceAll("'", "'\\''")}'`)
    .join('\n');
}

function account(world: OpenWorld, envFile: string | undefined): string {
  const { appliance, machineId } = world;
  const variables =
    envFile === undefined
      ? `Point SDKs and curl at this Azure:\n\n${environment(world.sandbox)}`
      : `Point SDKs and curl at this Azure: source ${envFile}`;
  if (!appliance) return `\n${variables}`;
  const machine = machineId === undefined ? [] : [`A machine to back up: ${machineId}`];
  const { apiUrl, apiAudience } = appliance;
  const body = `{"resourceId":"${machineId ?? '/subscriptions/…'}"}`;
  const home = `${world.sandbox.subscriptionId}/${region}`;
  const example = `token=$(curl -s -H Metadata:true "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${apiAudience}" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl -s -H "Authorization: Bearer $token" -H 'Content-Type: application/json' ${apiUrl}/api/backups -d '${body}'
curl -s -H "Authorization: Bearer $token" ${apiUrl}/api/sessions
curl -s -H "Authorization: Bearer $token" ${apiUrl}/api/sites
curl -s -H "Authorization: Bearer $token" -X POST ${apiUrl}/api/sites/${home}/check`;
  return `\nThe appliance's API: ${apiUrl}/api\n${machine.join('')}\n\n${variables}\n\nThen, for example (a backup, sessions, the sites piece by piece, a check of one by a worker in it):\n\n${example}`;
}
