// The app that bench/durable-host.ts measures: a fan-out over small sub-orchestrations.
import * as df from 'durable-functions';

const STEPS = 3;

df.app.activity('step', { handler: (value: number) => value + 1 });

df.app.orchestration('child', function* (context) {
  let value = context.df.getInput() as number;
  for (let step = 0; step < STEPS; step++) value = yield context.df.callActivity('step', value);
  return value;
});

df.app.orchestration('parent', function* (context) {
  const count = context.df.getInput() as number;
  const children = Array.from({ length: count }, (_, index) => context.df.callSubOrchestrator('child', index));
  const values: number[] = yield context.df.Task.all(children);
  return values.reduce((sum, value) => sum + value, 0);
});

/** Begins anew as often as its input says. */
df.app.orchestration('eternal', function* (context) {
  const { left } = context.df.getInput() as { left: number };
  if (left === 0) return 'ended';
  yield context.df.callActivity('step', left);
  context.df.continueAsNew({ left: left - 1 });
  return undefined;
});
