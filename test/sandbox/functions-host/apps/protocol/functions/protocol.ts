import * as df from 'durable-functions';

df.app.orchestration('version', function* (context) {
  return (context.df as unknown as { version?: string }).version ?? null;
});
df.app.orchestration('echoes', function* (context) {
  return yield context.df.callActivity('echo', context.df.getInput());
});
/** Any, all, nested ones. */
df.app.orchestration('compounds', function* (context) {
  const { Task } = context.df;
  const echo = (value: number) => context.df.callActivity('echo', value);
  const nested: unknown[] = yield Task.all([echo(1), Task.all([echo(2), echo(3)]), Task.any([echo(4)])]);
  const [one, two, three] = nested as [number, number[], df.Task];
  const next: number = yield echo(5);
  return { one, two, three: three.result, next };
});
df.app.orchestration('flow', function* (context) {
  const file = context.df.getInput() as string;
  const first: string = yield context.df.callActivity('note', { file, line: 'first' });
  const second: string = yield context.df.callActivity('needs', `${file}.go`);
  return [first, second];
});
df.app.orchestration('family', function* (context) {
  const file = context.df.getInput() as string;
  const note = context.df.callActivity('note', { file, line: 'parent' });
  return yield context.df.Task.all([note, context.df.callSubOrchestrator('flow', file)]);
});
df.app.orchestration('calls', function* (context) {
  const { url, resource, token } = context.df.getInput() as { url: string; resource?: string; token?: boolean };
  const tokenSource = token ? { tokenSource: new df.ManagedIdentityTokenSource(resource!) } : {};
  const options = { method: 'POST', url, body: { a: 1 }, headers: { 'x-own': 'yes', 'x-functions-key': 'k' } };
  const answer: { statusCode: number; content?: string } = yield context.df.callHttp({ ...options, ...tokenSource });
  const after: string = yield context.df.callActivity('echo', 'after');
  return { statusCode: answer.statusCode, content: answer.content, after };
});

/** Accounts that several orchestrations move money between. */
df.app.entity('Account', (context) => {
  const balance = context.df.getState(() => 0) as number;
  if (context.df.operationName === 'add') context.df.setState(balance + (context.df.getInput<number>() ?? 0));
  else context.df.return(balance);
});
df.app.orchestration('transfer', function* (context) {
  const { from, to, amount } = context.df.getInput() as { from: string; to: string; amount: number };
  const [source, target] = [new df.EntityId('Account', from), new df.EntityId('Account', to)];
  const lock: df.DurableLock = yield context.df.lock(source, target);
  // Between reading and writing nobody else may come.
  const balance: number = yield context.df.callEntity(source, 'get');
  yield context.df.callActivity('echo', 'time passes');
  yield context.df.callEntity(source, 'add', -amount);
  const now: number = yield context.df.callEntity(source, 'get');
  yield context.df.callEntity(target, 'add', amount);
  lock.release();
  return { consistent: now === balance - amount, locked: context.df.isLocked().isLocked };
});
df.app.orchestration('holds', function* (context) {
  const { keys, then } = context.df.getInput() as { keys: string[]; then: 'wait' | 'fail' };
  yield context.df.lock(keys.map((key) => new df.EntityId('Account', key)));
  context.df.setCustomStatus('locked');
  if (then === 'fail') throw new Error('without releasing');
  yield context.df.waitForExternalEvent('Go');
  return 'not released by hand';
});
df.app.orchestration('asks', function* (context) {
  return yield context.df.callEntity(new df.EntityId('Account', context.df.getInput() as string), 'get');
});
/** The SDK cannot send a signal for later, other languages' can: its action, handed over by hand. */
df.app.orchestration('signalLater', function* (context) {
  const { key, at } = context.df.getInput() as { key: string; at: string };
  const { taskOrchestratorExecutor: executor } = context.df as unknown as {
    taskOrchestratorExecutor: { recordFireAndForgetAction(action: object): void };
  };
  executor.recordFireAndForgetAction({
    actionType: 10,
    instanceId: `@account@${key}`,
    operation: 'add',
    input: 1,
    fireAt: at,
  });
  return yield context.df.callEntity(new df.EntityId('Account', key), 'get');
});
