// What an operator runs by hand, restarts and waits for. Each run leaves a line in EVENTS_FILE.
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { app, type InvocationContext, type Timer } from '@azure/functions';

const say = (event: string, facts: object = {}) =>
  appendFileSync(process.env.EVENTS_FILE!, `${JSON.stringify({ event, at: Date.now(), ...facts })}\n`);
const tick = (timer: Timer, { functionName, retryContext }: InvocationContext) => {
  const { isPastDue, scheduleStatus } = timer;
  say(functionName, {
    isPastDue,
    last: scheduleStatus?.last,
    next: scheduleStatus?.next,
    retry: retryContext?.retryCount,
  });
};

app.timer('hourly', { schedule: '0 0 * * * *', handler: tick });
app.timer('unmonitored', { schedule: '0 0 * * * *', useMonitor: false, handler: tick });
app.timer('atStart', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler: tick });
app.timer('slow', {
  schedule: '0 30 * * * *',
  handler: async (timer, context) => {
    tick(timer, context);
    while (!existsSync(process.env.GATE_FILE!)) await delay(10);
    say('slow ended');
  },
});
app.timer('failing', {
  schedule: '0 15 * * * *',
  retry: {
    strategy: 'exponentialBackoff',
    maxRetryCount: 3,
    minimumInterval: { minutes: 1 },
    maximumInterval: { minutes: 3 },
  },
  handler: (timer, context) => {
    tick(timer, context);
    throw new Error('not today');
  },
});
app.storageQueue('orders', {
  queueName: '%ORDERS_QUEUE%',
  connection: 'Orders',
  handler: async (item) => {
    say('order', { item });
    const { gate } = item as { gate?: string };
    while (gate && !existsSync(gate)) await delay(10);
  },
});
app.http('keyed', { authLevel: 'function', handler: () => ({ body: 'keyed' }) });
