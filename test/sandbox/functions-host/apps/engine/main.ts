import { randomBytes } from 'node:crypto';
import * as df from 'durable-functions';

let running = 0;
let most = 0;
/** How many of these run at once, at most so far. */
df.app.activity('crowd', {
  handler: async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return most;
  },
});
df.app.activity('text', { handler: (characters: number) => randomBytes(characters / 2).toString('hex') });

df.app.orchestration('crowds', function* (context) {
  const tasks = Array.from({ length: 10 }, () => context.df.callActivity('crowd'));
  const seen: number[] = yield context.df.Task.all(tasks);
  return Math.max(...seen);
});
df.app.orchestration('waiting', function* (context) {
  yield context.df.waitForExternalEvent('Go');
  return context.df.getInput();
});
/** Calls a child under the id that it is given. */
df.app.orchestration('parent', function* (context) {
  const { id } = context.df.getInput() as { id: string };
  return (yield context.df.callSubOrchestrator('waiting', 'a child', id)) as string;
});
/** Begins anew as often as its input says. */
df.app.orchestration('eternal', function* (context) {
  const { left } = context.df.getInput() as { left: number };
  if (left === 0) return (yield context.df.waitForExternalEvent('Go')) as string;
  context.df.continueAsNew({ left: left - 1 });
  return undefined;
});
df.app.orchestration('bulky', function* (context) {
  for (let index = 0; index < 5; index++) yield context.df.callActivity('text', 20_000);
  return 'done';
});

let batch = 0;
let open = false;
/** Keeps, for each operation, the number of the batch that it came in: a batch is run at one go. */
df.app.entity('batches', (context) => {
  if (!open) {
    open = true;
    batch++;
    setImmediate(() => (open = false));
  }
  context.df.setState([...(context.df.getState(() => []) as number[]), batch]);
});
df.app.orchestration('signals', function* (context) {
  const id = new df.EntityId('batches', 'one');
  for (let index = 0; index < 10; index++) context.df.signalEntity(id, 'note');
  yield context.df.callEntity(id, 'note');
});
