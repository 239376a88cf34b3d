/**
 * `npm run sandbox`: a local Azure, with the appliance in it unless told otherwise, until Ctrl-C or `stop`; and what is
 * asked of one that runs. Exit codes: 1 nothing that runs, or it failed; 2 the arguments, the scenario or the state
 * folder are wrong; 130 interrupted before it was there.
 */
import { enableCompileCache } from 'node:module';
import { readArguments } from './arguments.ts';
import { isSetUp, runOutside } from './commands/outside.ts';

// What is imported from here on starts in half the time.
enableCompileCache();

const usage = `npm run sandbox -- [options]             a local Azure with the appliance in it, until Ctrl-C
  --scenario FILE   what is in it: YAML, see docs/sandbox.md; none: a machine to back up
  --bare            without the appliance
  --state DIR       keep the whole world in DIR; run again with it, it goes on
  --record FILE     append every ARM exchange as a line of JSON, secrets masked
  --env-file FILE   write the variables that point clients at it, for "source FILE"
  --detach          run in the background; returns when everything is ready

npm run sandbox -- status                what runs
npm run sandbox -- stop                  end it, and wait for its end
npm run sandbox -- clock [TIME|+SPAN]    tell or move its time: 2027-03-01T12:00:00Z, +26h, +1d12h
npm run sandbox -- faults [FILE|--clear] list its faults, add those of a YAML file, or take all back
  --state DIR, --pid PID                 of several that run, the one meant

  --help            this text`;

const { values, words, fail } = readArguments(
  usage,
  {
    scenario: { type: 'string' },
    bare: { type: 'boolean' },
    state: { type: 'string' },
    record: { type: 'string' },
    'env-file': { type: 'string' },
    detach: { type: 'boolean' },
    pid: { type: 'string' },
    clear: { type: 'boolean' },
  },
  true,
);
const [command = 'start', ...rest] = words;

/** What each command takes: options, and words behind it. */
const takes: Record<string, { options: string[]; words: number }> = {
  start: { options: ['scenario', 'bare', 'state', 'record', 'env-file', 'detach'], words: 0 },
  status: { options: ['state', 'pid'], words: 0 },
  stop: { options: ['state', 'pid'], words: 0 },
  clock: { options: ['state', 'pid'], words: 1 },
  faults: { options: ['state', 'pid', 'clear'], words: 1 },
};

const known = takes[command] ?? fail(`There is no command "${command}": ${Object.keys(takes).join(', ')}.`);
for (const option of Object.keys(values)) {
  if (!known.options.includes(option)) fail(`--${option} is not for "${command}".`);
}
if (rest.length > known.words) fail(`"${rest[known.words]}" is one word too many for "${command}".`);

if (isSetUp()) process.exit(await runOutside());

const { pid, clear = false, 'env-file': envFile, detach: inBackground = false, ...options } = values;
if (pid !== undefined && !/^\d+$/.test(pid)) fail(`--pid: "${pid}" is no number.`);
const meant = { state: values.state, pid: pid === undefined ? undefined : Number(pid) };
const running = () => import('./commands/running.ts');
switch (command) {
  case 'status':
    await (await running()).status(meant);
    break;
  case 'stop':
    await (await running()).stop(meant);
    break;
  case 'clock':
    await (await running()).clock(meant, rest[0], fail);
    break;
  case 'faults':
    if (clear && rest[0] !== undefined) fail('Either a file with faults, or --clear.');
    await (await running()).faults(meant, clear ? 'clear' : rest[0]);
    break;
  default:
    if (inBackground) await (await import('./commands/detach.ts')).detach();
    else await (await import('./commands/start.ts')).start({ ...options, envFile }, fail);
}
