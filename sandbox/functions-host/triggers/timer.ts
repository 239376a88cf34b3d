import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RegisteredFunction } from '../app/coreModule.ts';
import type { Invoke } from '../app/invoke.ts';
import type { Logger } from '../log.ts';
import { parseCron } from './cron.ts';

/** How long a moved clock may go unnoticed. */
const CHECK_EVERY_MS = 250;

/**
 * Runs a timer function by the (settable) clock: one run at a time, and one only for all the times that a stopped host
 * or a moved clock has passed over (`isPastDue`). The last run is kept in the state folder.
 */
export function timerTrigger(options: {
  fn: RegisteredFunction;
  /** NCRONTAB. */
  schedule: string;
  runOnStartup: boolean;
  stateDir: string;
  invoke: Invoke;
  log: Logger;
}): void {
  const { fn, invoke, log } = options;
  const schedule = parseCron(options.schedule);
  const file = join(options.stateDir, `timer-${fn.metadata.name.toLowerCase()}.json`);
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { last: number }) : undefined;
  let last = kept?.last ?? Date.now();
  let due = options.runOnStartup ? Date.now() : schedule(last);

  const run = async (now: number) => {
    const status = { Last: iso(last), Next: iso(schedule(now)), LastUpdated: iso(last) };
    const isPastDue = now - due >= 1000;
    const info = { Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: isPastDue };
    try {
      await invoke(fn, { trigger: { json: JSON.stringify(info) } });
    } catch (error) {
      const { name } = fn.metadata;
      const { message, stack } = error as Error;
      log('error', `Function '${name}' failed: ${message}`, { category: 'Host.Results', function: name, stack });
    }
    last = now;
    writeFileSync(`${file}.new`, JSON.stringify({ last }));
    renameSync(`${file}.new`, file);
    due = schedule(Date.now());
  };
  let running = false;
  setInterval(() => {
    const now = Date.now();
    if (running || now < due) return;
    running = true;
    void run(now).finally(() => (running = false));
  }, CHECK_EVERY_MS);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
