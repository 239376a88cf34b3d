import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RegisteredFunction } from '../app/coreModule.ts';
import type { Invoke } from '../app/invoke.ts';
import type { Logger } from '../log.ts';
import { parseCron, type Schedule } from './cron.ts';
import { retryPolicy } from './retry.ts';

/** How long a moved clock may go unnoticed. */
const CHECK_EVERY_MS = 250;
/** Schedules that come more often than this are not monitored unless asked for. */
const MONITORED_FROM_MS = 60_000;

/**
 * What the schedule monitor keeps of a timer, milliseconds. `last` 0: it has not run yet; else `next` is the first time
 * after `last`, also when the run has outlasted it, and another `next` means that the schedule has changed.
 */
interface Monitored {
  last: number;
  next: number;
}

/**
 * Runs a timer function by the (settable) clock: one run at a time, and one only for all the times that a stopped host
 * or a moved clock has passed over (`isPastDue`). With `useMonitor` (the default for schedules of a minute and more) the
 * schedule outlives the host, and what was missed while it was down is made up for at its start.
 */
export function timerTrigger(options: {
  fn: RegisteredFunction;
  /** NCRONTAB. */
  schedule: string;
  runOnStartup: boolean;
  useMonitor: boolean | undefined;
  stateDir: string;
  invoke: Invoke;
  log: Logger;
}): void {
  const { fn, log } = options;
  const schedule = parseCron(options.schedule);
  const file = join(options.stateDir, `timer-${fn.metadata.name.toLowerCase()}.json`);
  const monitored = options.useMonitor ?? gap(schedule) >= MONITORED_FROM_MS;
  const started = Date.now();
  const kept = monitored ? read(file) : undefined;
  let last = kept?.last ?? 0;
  let next = nextOf(kept, schedule, started);
  const keep = (state: Monitored) => {
    if (!monitored) return;
    writeFileSync(`${file}.new`, JSON.stringify(state));
    renameSync(`${file}.new`, file);
  };
  keep({ last, next });

  const run = async (now: number, isPastDue: boolean) => {
    const status = { Last: iso(last), Next: iso(schedule(now)), LastUpdated: iso(last) };
    const info = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: monitored ? status : null,
      IsPastDue: isPastDue,
    };
    await attempts(JSON.stringify(info));
    last = now;
    next = schedule(Date.now());
    keep({ last, next: schedule(last) });
  };

  /** The function's retry policy; what fails for good waits for its next time. */
  const attempts = async (json: string) => {
    const policy = retryPolicy(fn.metadata);
    for (let retry = 0; ; retry++) {
      try {
        const retryContext =
          policy && retry > 0 ? { retryCount: retry, maxRetryCount: policy.maxRetryCount } : undefined;
        await options.invoke(fn, { trigger: { json }, ...(retryContext && { retryContext }) });
        return;
      } catch (error) {
        const { name } = fn.metadata;
        const { message, stack } = error as Error;
        log('error', `Function '${name}' failed: ${message}`, { category: 'Host.Results', function: name, stack });
        if (!policy || (policy.maxRetryCount >= 0 && retry >= policy.maxRetryCount)) return;
        const delay = policy.delayOf(retry + 1);
        const due = Date.now() + delay;
        const text = `Waiting for ${delay / 1000} s before retrying function '${name}'. Next attempt: ${retry + 1}.`;
        log('information', text, { category: 'Host.Results', function: name });
        await reached(due);
      }
    }
  };

  let running = false;
  let atStart = options.runOnStartup;
  setInterval(() => {
    const now = Date.now();
    if (running || (!atStart && now < next)) return;
    const isPastDue = now - next >= 1000;
    running = true;
    atStart = false;
    void run(now, isPastDue).finally(() => (running = false));
  }, CHECK_EVERY_MS);
}

/** Resolves when the clock has come to a time. */
async function reached(time: number): Promise<void> {
  while (Date.now() < time) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(CHECK_EVERY_MS, time - Date.now())));
  }
}

function read(file: string): Monitored | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Monitored) : undefined;
}

/** A changed schedule counts from now on; else what was due while the host was down is due still. */
function nextOf(kept: Monitored | undefined, schedule: Schedule, now: number): number {
  if (!kept || (kept.last > 0 && schedule(kept.last) !== kept.next)) return schedule(now);
  return kept.next;
}

/** The time between two occurrences. */
function gap(schedule: Schedule): number {
  const first = schedule(Date.now());
  return schedule(first) - first;
}

/** A timer that has never run has .NET's first date. */
function iso(time: number): string {
  return time === 0 ? '0001-01-01T00:00:00' : new Date(time).toISOString();
}
