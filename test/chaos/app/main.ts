// The app whose host is killed again and again: one orchestrator for each way of waiting. plan.ts says what they must give.
import { appendFileSync, readFileSync } from 'node:fs';
import * as df from 'durable-functions';

type Steps = Generator<df.Task, unknown, never>;

/** Takes some milliseconds, and gives its input plus one. */
df.app.activity('work', {
  handler: async ({ value, ms }: { value: number; ms: number }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return value + 1;
  },
});
/** Fails the first times that it runs; a file counts them, because the process does not last. */
df.app.activity('flaky', {
  handler: ({ file, failures }: { file: string; failures: number }) => {
    appendFileSync(file, '.');
    const runs = readFileSync(file, 'utf8').length;
    if (runs <= failures) throw new Error(`failure ${runs}`);
    return 'worked';
  },
});

function* chain(context: df.OrchestrationContext): Steps {
  const { steps, ms } = context.df.getInput() as { steps: number; ms: number };
  let value = 0;
  for (let step = 0; step < steps; step++) value = yield context.df.callActivity('work', { value, ms });
  return value;
}
df.app.orchestration('chain', chain);

df.app.orchestration('fan', function* (context): Steps {
  const { count, ms } = context.df.getInput() as { count: number; ms: number };
  const tasks = Array.from({ length: count }, (_, value) => context.df.callActivity('work', { value, ms }));
  const values: number[] = yield context.df.Task.all(tasks);
  return values.reduce((sum, value) => sum + value, 0);
});

df.app.orchestration('family', function* (context): Steps {
  const { children, steps, ms } = context.df.getInput() as { children: number; steps: number; ms: number };
  const tasks = Array.from({ length: children }, () => context.df.callSubOrchestrator('chain', { steps, ms }));
  const values: number[] = yield context.df.Task.all(tasks);
  return values.reduce((sum, value) => sum + value, 0);
});

df.app.orchestration('timers', function* (context): Steps {
  const { count, ms } = context.df.getInput() as { count: number; ms: number };
  const after = (wait: number) => context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + wait));
  let fired = 0;
  for (let index = 0; index < count; index++) {
    yield after(ms);
    fired++;
  }
  const long = after(3_600_000);
  const work = context.df.callActivity('work', { value: fired, ms });
  const winner: df.Task = yield context.df.Task.any([long, work]);
  long.cancel();
  return winner === work ? work.result : 'the timer';
});

/** Collects what is raised until `end`, in one execution. */
df.app.orchestration('events', function* (context): Steps {
  const got: string[] = [];
  for (;;) {
    const item: string = yield context.df.waitForExternalEvent('Item');
    if (item === 'end') return got;
    got.push(item);
  }
});
/** The same with an execution for each event. */
df.app.orchestration('collector', function* (context): Steps {
  const { got } = context.df.getInput() as { got: string[] };
  const item: string = yield context.df.waitForExternalEvent('Item');
  if (item === 'end') return got;
  context.df.continueAsNew({ got: [...got, item] });
  return undefined;
});

df.app.orchestration('generations', function* (context): Steps {
  const { left, value, ms } = context.df.getInput() as { left: number; value: number; ms: number };
  const next: number = yield context.df.callActivity('work', { value, ms });
  if (left === 0) return next;
  context.df.continueAsNew({ left: left - 1, value: next, ms });
  return undefined;
});

df.app.orchestration('retry', function* (context): Steps {
  const input = context.df.getInput() as { file: string; failures: number; ms: number };
  const options = new df.RetryOptions(input.ms, input.failures + 1);
  return yield context.df.callActivityWithRetry('flaky', options, input);
});
df.app.orchestration('fragile', function* (context): Steps {
  return yield context.df.callActivity('flaky', context.df.getInput());
});
df.app.orchestration('retryChild', function* (context): Steps {
  const input = context.df.getInput() as { file: string; failures: number; ms: number };
  const options = new df.RetryOptions(input.ms, input.failures + 1);
  return yield context.df.callSubOrchestratorWithRetry('fragile', options, input);
});

/** Writes lines into ledgers, by calls and by signals. */
df.app.orchestration('writer', function* (context): Steps {
  const { ledgers, lines } = context.df.getInput() as { ledgers: string[]; lines: number };
  for (let line = 0; line < lines; line++) {
    const ledger = new df.EntityId('ledger', ledgers[line % ledgers.length]!);
    const text = `${context.df.instanceId} ${line}`;
    if (line % 2 === 0) yield context.df.callEntity(ledger, 'write', text);
    else context.df.signalEntity(ledger, 'write', text);
  }
  return lines;
});
df.app.entity('ledger', (context) => {
  const lines = context.df.getState(() => []) as string[];
  lines.push(context.df.getInput() as string);
  context.df.setState(lines);
  context.df.return(lines.length);
});
