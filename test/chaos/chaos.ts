import { wrongDelivery, wrongEnd } from './check.ts';
import { drive, insist, insistOn, pause, type Sent } from './client.ts';
import { startVictim, type Victim } from './host.ts';
import { plan } from './plan.ts';
import { createRandom } from './random.ts';

/** A host lives for so many answers at most: not for a time, in which a busy machine might get nowhere. */
const MOST_ANSWERS = 60;
/** For this long at most when nobody asks, in milliseconds. */
const LONGEST_LIFE_MS = 2000;
/** How long after an answer the kill comes at most, in milliseconds. */
const AFTER_ANSWER_MS = 30;
/** How long acknowledged signals may take. */
const SIGNALS_TAKE_MS = 10_000;
const LEDGERS = ['north', 'south', 'east', 'west'];

export interface ChaosReport {
  seed: number;
  orchestrations: number;
  kills: number;
  seconds: number;
  /** Orchestrations under way at a kill, on average. */
  underWay: number;
  events: { acknowledged: number; sent: number };
  signals: { acknowledged: number; sent: number };
  /** Lines in all ledgers: one for each entity operation. */
  operations: number;
  /** Rows left in the task hub at the end. */
  rows: Record<string, number>;
  wrong: string[];
}

/**
 * Kills a host at random moments while clients start orchestrations of all kinds, raise events and signal entities, and
 * checks that nothing acknowledged was lost and nothing was done twice. The seed determines what is started and how long
 * each host lives; what the kill hits is the machine's business.
 */
export async function runChaos(options: { seed: number; orchestrations: number; kills: number }): Promise<ChaosReport> {
  const { seed, orchestrations, kills } = options;
  const victim = await startVictim();
  const began = performance.now();
  let killing = Promise.resolve();
  let isOver = false;
  try {
    const planned = plan(createRandom(seed), orchestrations, victim.folder);
    const wrong: string[] = [];
    const events: Sent[] = [];
    const signals: Sent[] = [];
    let killed = 0;
    let underWay = 0;
    let sum = 0;

    const killer = async () => {
      const random = createRandom(seed + 1);
      while (killed < kills && !isOver) {
        const last = victim.answers() + random.between(0, MOST_ANSWERS);
        const until = performance.now() + LONGEST_LIFE_MS;
        while (victim.answers() < last && performance.now() < until) await pause(1);
        await pause(random.between(0, AFTER_ANSWER_MS));
        sum += underWay;
        await victim.kill();
        killed++;
        await victim.restart();
      }
    };
    const client = async (index: number) => {
      const one = planned[index]!;
      // Spread over all kills.
      while (killed * orchestrations < index * kills) await pause(10);
      underWay++;
      const ended = await drive(victim, one);
      underWay--;
      events.push(...ended.events);
      const problem = wrongEnd(one, ended);
      if (problem) wrong.push(problem);
      const ledger = LEDGERS[index % LEDGERS.length]!;
      const signal = (text: string) => victim.ask('POST', `entities/ledger/${ledger}?op=write`, `${ledger}: ${text}`);
      const sent = await insistOn(victim, `signal ${index}`, signal);
      signals.push({
        acknowledged: `${ledger}: ${sent.acknowledged}`,
        attempts: sent.attempts.map((text) => `${ledger}: ${text}`),
      });
    };
    killing = killer();
    await Promise.all([killing, ...planned.map((_, index) => client(index))]);

    const written = planned.flatMap((one) => one.lines.map(([, text]) => ({ acknowledged: text, attempts: [text] })));
    const { lines, problem } = await readLedgers(victim, [...written, ...signals]);
    if (problem) wrong.push(`The ledgers: ${problem}`);
    const rows = await victim.end();
    for (const table of ['inbox', 'timers', 'activities']) {
      if (rows[table]! > 0) wrong.push(`${rows[table]} rows are left in ${table}`);
    }
    if (rows.history !== rows.instances) wrong.push('Histories of ended instances are not one row each');
    return {
      seed,
      orchestrations,
      kills,
      seconds: Math.round((performance.now() - began) / 100) / 10,
      underWay: Math.round(sum / Math.max(kills, 1)),
      events: counted(events),
      signals: counted(signals),
      operations: lines.length,
      rows,
      wrong,
    };
  } finally {
    // After a failure too nobody may be about to start the host again in a folder that goes.
    isOver = true;
    await killing.catch(() => undefined);
    await victim.remove();
  }
}

/** Signals are acknowledged before they are carried out: the last ones get some time. */
async function readLedgers(victim: Victim, sent: Sent[]): Promise<{ lines: string[]; problem: string | undefined }> {
  const until = performance.now() + SIGNALS_TAKE_MS;
  for (;;) {
    const lines: string[] = [];
    for (const ledger of LEDGERS) {
      const { body } = await insist(victim, () => victim.ask('GET', `entities/ledger/${ledger}`));
      lines.push(...((body as string[] | undefined) ?? []));
    }
    const problem = wrongDelivery(lines, sent);
    if (!problem || performance.now() > until) return { lines, problem };
    await pause(50);
  }
}

function counted(sent: Sent[]): { acknowledged: number; sent: number } {
  return { acknowledged: sent.length, sent: sent.reduce((sum, { attempts }) => sum + attempts.length, 0) };
}
