import * as df from 'durable-functions';

/** Trap 1: a task that was yielded goes into a Task.any. */
df.app.orchestration('reyieldAny', function* (context) {
  const first = context.df.callActivity('note', { file: context.df.getInput(), line: 'first' });
  yield first;
  const second = context.df.callActivity('note', { file: context.df.getInput(), line: 'second' });
  yield context.df.Task.any([first, second]);
  return second.result;
});
/** Trap 1: but waiting for the same event again is fine. */
df.app.orchestration('reyieldEvent', function* (context) {
  const go = context.df.waitForExternalEvent('Go');
  const winner: df.Task = yield context.df.Task.any([go, context.df.callActivity('echo', 1)]);
  if (winner === go) return 'too early';
  const stop = context.df.waitForExternalEvent('Stop');
  yield context.df.Task.any([go, stop]);
  return go.isCompleted ? go.result : 'stopped';
});
/** Trap 2. */
df.app.orchestration('allOfCompleted', function* (context) {
  const task = context.df.callActivity('note', { file: context.df.getInput(), line: 'again' });
  yield task;
  yield context.df.Task.all([task]);
  return 'never';
});
/** Trap 3. */
df.app.orchestration('failFast', function* (context) {
  const { gate, file } = context.df.getInput() as { gate: string; file: string };
  try {
    yield context.df.Task.all([context.df.callActivity('boom', 'no'), context.df.callActivity('gate', gate)]);
  } catch {
    yield context.df.callActivity('note', { file, line: 'after' });
  }
  return 'done';
});
/** Trap 4. */
df.app.orchestration('missingActivity', function* (context) {
  yield context.df.callActivity('noSuchActivity');
});
df.app.orchestration('missingChild', function* (context) {
  yield context.df.callSubOrchestrator('noSuchOrchestrator');
});
df.app.orchestration('missingEntity', function* (context) {
  yield context.df.callEntity(new df.EntityId('noSuchEntity', 'x'), 'get');
});
df.app.orchestration('missingSignal', function* (context) {
  context.df.signalEntity(new df.EntityId('noSuchEntity', 'x'), 'get');
  yield context.df.callActivity('echo', 1);
});
df.app.orchestration('missingInAll', function* (context) {
  const wrong = context.df.callActivity('noSuchActivity');
  const right = context.df.callActivity('echo', 'of the right one');
  yield context.df.Task.any([wrong, right]);
  return { wrong: wrong.isCompleted ? wrong.result : null, right: right.isCompleted ? right.result : null };
});
df.app.orchestration('emptyError', function* () {
  throw new Error('');
});
df.app.orchestration('throwsText', function* () {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- what an app might do
  throw 'only text';
});
/** Trap 5. */
df.app.orchestration('textAgain', function* (context) {
  const input = context.df.getInput() as { first: boolean } | string;
  if (typeof input === 'string') return input;
  context.df.continueAsNew('text');
  return undefined;
});
/** Trap 6: what entities do wrong. */
df.app.entity('Careless', (context) => {
  switch (context.df.operationName) {
    case 'error':
      throw new Error('not seen');
    case 'text':
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- the right way
      throw 'seen';
    case 'set':
      context.df.setState(1);
      return;
    case 'name':
      context.df.return(context.df.entityName);
      return;
    default:
      context.df.destructOnExit();
      if (context.df.operationName === 'destroyAndReturn') context.df.return('gone');
  }
});
df.app.orchestration('callCareless', function* (context) {
  const { key, operation } = context.df.getInput() as { key: string; operation: string };
  try {
    return { value: yield context.df.callEntity(new df.EntityId('Careless', key), operation) };
  } catch (error) {
    return { error: (error as Error).message };
  }
});
/** Trap 7. */
df.app.orchestration('timestamped', function* (context) {
  const { at } = context.df.getInput() as { at: { Timestamp: unknown } };
  return at.Timestamp instanceof Date ? 'a Date' : typeof at.Timestamp;
});
/** Traps 9 and 11; a child that can be terminated. */
df.app.orchestration('waits', function* (context) {
  return yield context.df.waitForExternalEvent('Go');
});
df.app.orchestration('careful', function* (context) {
  try {
    return yield context.df.callSubOrchestrator('waits', undefined, context.df.getInput() as string);
  } catch {
    return 'caught';
  }
});
/** Trap 10. */
df.app.orchestration('failing', function* () {
  throw new Error('as always');
});
df.app.orchestration('retriesChild', function* (context) {
  yield context.df.callSubOrchestratorWithRetry('failing', new df.RetryOptions(1, 2));
});
/** Others. */
df.app.orchestration('sameId', function* (context) {
  yield context.df.callSubOrchestrator('waits', undefined, context.df.instanceId);
});
df.app.orchestration('uncancelled', function* (context) {
  const at = new Date(context.df.currentUtcDateTime.getTime() + 3_600_000);
  yield context.df.Task.any([context.df.createTimer(at), context.df.callActivity('echo', 1)]);
  return 'done';
});
df.app.orchestration('yieldsNothing', function* (context) {
  yield context.df.signalEntity(new df.EntityId('Careless', 'x'), 'set') as unknown as df.Task;
});
df.app.orchestration('large', function* (context) {
  yield context.df.callActivity('echo', 'x'.repeat(1_100_000));
});
df.app.orchestration('status', function* (context) {
  context.df.setCustomStatus('x'.repeat(context.df.getInput() as number));
  yield context.df.waitForExternalEvent('Go');
  context.df.setCustomStatus(null);
});
let generation = 0;
/** Its code changes between two runs. */
df.app.orchestration('changing', function* (context) {
  generation += 1;
  yield context.df.callActivity(generation === 1 ? 'echo' : 'note', { file: '/dev/null', line: '' });
  return generation;
});
/** Trap 1: a deadline for several events, as in Azure's sample of a phone verification; and a call after it. */
df.app.orchestration('deadline', function* (context) {
  const { answers, then } = context.df.getInput() as { answers: number; then?: string };
  const deadline = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 90_000));
  let got = 0;
  while (got < answers) {
    const answer = context.df.waitForExternalEvent('Answer');
    const winner: df.Task = yield context.df.Task.any([answer, deadline]);
    if (winner === deadline) return `too late after ${got}`;
    got++;
  }
  deadline.cancel();
  return then === undefined ? got : yield context.df.callActivity('echo', then);
});
