import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { control, isAlive, openRegister, type Running, type Status } from '../../sandbox/control/index.ts';
import { parseMove, readFaults } from '../../sandbox/scenario/index.ts';
import type { Fail } from '../arguments.ts';
import { wrongInput } from './wrongInput.ts';

/** Which of the worlds that run is meant; nothing given: the only one. */
export interface Meant {
  state?: string;
  pid?: number;
}

/** How long a world may take to end, ms: its machines and hosts come to their end first. */
const END_MS = 60_000;

function find(meant: Meant): Running {
  const all = openRegister().list();
  const state = meant.state && resolve(meant.state);
  const found = all.filter(
    (one) => (state === undefined || one.state === state) && (meant.pid === undefined || one.pid === meant.pid),
  );
  const [only] = found;
  const listed = all.map(
    ({ pid, state: kept, since }) => `  --pid ${pid}: since ${since}${kept ? `, --state ${kept}` : ''}`,
  );
  if (found.length > 1) {
    console.error(`Several local Azures run. Say which is meant:\n${listed.join('\n')}`);
    process.exit(2);
  }
  if (only) return only;
  console.error(all.length === 0 ? 'No local Azure of yours runs.' : `None of these is meant:\n${listed.join('\n')}`);
  process.exit(1);
}

async function ask(running: Running, method: string, path: string, body?: unknown): Promise<unknown> {
  return control(running.proxy, method, path, body).catch((error: Error) => {
    console.error(`The local Azure with process ${running.pid} does not do it: ${error.message}`);
    process.exit(1);
  });
}

/** Tells of all worlds that run, or of the one that is meant. */
export async function status(meant: Meant): Promise<void> {
  const isOne = meant.state !== undefined || meant.pid !== undefined;
  const all = isOne ? [find(meant)] : openRegister().list();
  if (all.length === 0) find(meant);
  for (const running of all) console.log(account((await ask(running, 'GET', '/status')) as Status, running));
}

function account(found: Status, { log }: Running): string {
  const ahead =
    found.offsetMs === 0 ? 'real time' : `real time ${found.offsetMs < 0 ? '-' : '+'} ${span(found.offsetMs)}`;
  const rows = [
    ['process', `${found.pid}, since ${found.since}`],
    ['state', found.state ?? `not kept; files in ${found.dir}`],
    ['proxy', found.proxy],
    ['CA file', found.caFile],
    ['time', `${found.time} (${ahead})`],
    ['tenant', found.tenantId],
    ...found.subscriptions.map(({ subscriptionId, displayName }) => [
      'subscription',
      `${subscriptionId} ${displayName}`,
    ]),
    ['resources', `${found.resources} in ${found.resourceGroups} resource groups`],
    ...found.faults.map(({ fault, hits }) => ['fault', `${JSON.stringify(fault)}, hits: ${hits}`]),
    ...found.refused.map(({ principal, action, scope }) => ['no role', `${principal}: ${action} on ${scope}`]),
    ...(log === null ? [] : [['log', log]]),
  ];
  return rows.map(([name, value]) => `${name!.padEnd(14)}${value}`).join('\n');
}

/** `26:00:00` */
function span(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Ends a world and waits until its process is gone. */
export async function stop(meant: Meant): Promise<void> {
  const running = find(meant);
  const { pid, birth } = running;
  await control(running.proxy, 'POST', '/stop').catch(() => process.kill(pid, 'SIGTERM'));
  const until = performance.now() + END_MS;
  while (isAlive(pid, birth)) {
    if (performance.now() > until) {
      console.error(`Process ${pid} is still there. To end it hard: kill -9 ${pid}`);
      process.exit(1);
    }
    await delay(50);
  }
  console.log(running.state === null ? 'Ended, and everything of it removed.' : `Ended. ${running.state} keeps it.`);
}

/** Tells or moves a world's time. */
export async function clock(meant: Meant, move: string | undefined, fail: Fail): Promise<void> {
  try {
    if (move !== undefined) parseMove(move);
  } catch (error) {
    fail(`${(error as Error).message}.`);
  }
  const running = find(meant);
  const found = move === undefined ? ask(running, 'GET', '/status') : ask(running, 'POST', '/clock', { move });
  console.log(((await found) as Status).time);
}

/** Lists, adds or clears a world's faults. */
export async function faults(meant: Meant, what: string | undefined): Promise<void> {
  const given = what === undefined || what === 'clear' ? undefined : await readFaults(what).catch(wrongInput);
  const running = find(meant);
  if (what === 'clear') await ask(running, 'DELETE', '/faults');
  const list = (await (given
    ? ask(running, 'POST', '/faults', given)
    : ask(running, 'GET', '/faults'))) as Status['faults'];
  if (list.length === 0) console.log('No faults.');
  for (const { fault, hits } of list) console.log(`${hits} hits: ${JSON.stringify(fault)}`);
}
