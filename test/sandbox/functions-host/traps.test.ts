import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linesOf, poll, startWorld, type Status, type World } from './world.ts';

/** Each trap of durable-functions and the extension on two hosts: one mirrors Azure, one is strict. */
let azure: World;
let strict: World;

beforeAll(async () => {
  [azure, strict] = await Promise.all([startWorld('protocol'), startWorld('protocol', {}, { strict: true })]);
});
afterAll(() => Promise.all([azure.stop(), strict.stop()]));

let files = 0;
const file = (world: World) => join(world.directory, `file-${files++}`);
/** Waits for a line of the log about a trap. */
const logged = (world: World, trap: string, id: string) =>
  poll(() => world.log().find((line) => line.trap === trap && line.instanceId === id), Boolean);

/** In Azure it waits for ever, which the log says; a strict host fails it, and says why. */
async function hangs(name: string, input: unknown, trap: string, words: RegExp): Promise<void> {
  const id = await azure.start(name, input);
  await logged(azure, trap, id);
  expect((await azure.status(id)).runtimeStatus).toBe('Running');
  await fails(name, input, trap, words);
}

/** A strict host fails it, and says why and what to do. */
async function fails(name: string, input: unknown, trap: string, words: RegExp): Promise<void> {
  const id = await strict.start(name, input);
  const { runtimeStatus, output } = await strict.ended(id);
  expect({ runtimeStatus, output }).toEqual({ runtimeStatus: 'Failed', output: expect.stringMatching(words) });
  const line = await logged(strict, trap, id);
  expect(line).toMatchObject({ level: 'error', function: name });
}

describe('trap 1: a task that was yielded, in another Task.any', () => {
  test('as in Azure: it runs again, and its result reaches another task', async () => {
    const path = file(azure);
    const { output } = await azure.ended(await azure.start('reyieldAny', path));
    // The result of "second" is that of the second run of "first".
    expect(output).toBe('first');
    await poll(
      () => linesOf(path).length,
      (length) => length === 3,
    );
    expect(linesOf(path).sort()).toEqual(['first', 'first', 'second']);
  });

  test('strict: it fails, and nothing runs twice', async () => {
    const path = file(strict);
    await fails(
      'reyieldAny',
      path,
      're-yielded task',
      /'note' was yielded before .* Give each Task\.any .* new tasks/s,
    );
    expect(linesOf(path)).toEqual(['first']);
  });

  test('strict: waiting again for the same event is fine', async () => {
    const id = await strict.start('reyieldEvent');
    await strict.until(id, (one) => one.historyEvents!.some((event) => event.EventType === 'TaskCompleted'));
    await strict.durable('POST', `instances/${id}/raiseEvent/Go`, 'went');
    expect((await strict.ended(id)).output).toBe('went');
  });

  const answered = async (world: World, input: { answers: number; then?: string }) => {
    const id = await world.start('deadline', input);
    for (let answer = 0; answer < input.answers; answer++)
      await world.durable('POST', `instances/${id}/raiseEvent/Answer`, answer);
    return id;
  };

  test('a timer as the deadline of several events is fine, strict or not', async () => {
    for (const world of [azure, strict]) {
      const inTime = await world.ended(await answered(world, { answers: 3 }));
      expect(inTime).toMatchObject({ runtimeStatus: 'Completed', output: 3 });
      const other = await world.start('deadline', { answers: 2 });
      await world.durable('POST', `instances/${other}/raiseEvent/Answer`, 1);
      const raised = (one: Status) => one.historyEvents!.some((event) => event.EventType === 'EventRaised');
      await world.until(other, raised);
      world.clock.advance(90_000);
      expect((await world.ended(other)).output).toBe('too late after 1');
    }
  });

  test('but not when something is called after it: in Azure the result reaches nobody', async () => {
    const input = { answers: 2, then: 'x' };
    const id = await answered(azure, input);
    const done = (one: Status) => one.historyEvents!.some((event) => event.EventType === 'TaskCompleted');
    expect((await azure.until(id, done)).runtimeStatus).toBe('Running');
    const { output } = await strict.ended(await answered(strict, input));
    expect(output).toMatch(/A timer was yielded before/);
  });
});

test('trap 2: Task.all of completed tasks never completes in Azure, fails when strict', async () => {
  const path = file(azure);
  const id = await azure.start('allOfCompleted', path);
  await logged(azure, 'waits for nothing', id);
  expect((await azure.status(id)).runtimeStatus).toBe('Running');
  expect(linesOf(path)).toEqual(['again', 'again']);
  await fails('allOfCompleted', file(strict), 're-yielded task', /a Task\.all of completed tasks never completes/);
});

test('trap 3: Task.all fails fast, and the next step waits for its siblings', async () => {
  const [gate, path] = [file(azure), file(azure)];
  const id = await azure.start('failFast', { gate, file: path });
  await azure.until(id, (one) => one.historyEvents!.some((event) => event.EventType === 'TaskFailed'));
  expect(linesOf(path)).toEqual([]);
  writeFileSync(gate, '');
  expect((await azure.ended(id)).output).toBe('done');
  expect(linesOf(path)).toEqual(['after']);
});

describe('trap 4: what does not exist, errors without a message', () => {
  test.each([
    ['missingActivity', /'noSuchActivity' doesn't exist.* known activity functions: 'echo', 'boom'/],
    ['missingChild', /'noSuchOrchestrator' doesn't exist.* known orchestrator functions: /],
    ['missingEntity', /'nosuchentity' doesn't exist.* known entity functions: /],
  ])('%s', (name, words) => hangs(name, undefined, 'missing function', words));

  test('a signal to an entity that does not exist fails the orchestration, in Azure too', async () => {
    for (const world of [azure, strict]) {
      const { output } = await world.ended(await world.start('missingSignal'));
      expect(output).toMatch(/^The function 'nosuchentity' doesn't exist, is disabled, or is not an entity function\./);
    }
  });

  test('an orchestrator that does not exist cannot be started', async () => {
    await expect(azure.start('nowhere')).rejects.toThrow('500');
  });

  test('beside others: as in Azure, no id is taken, and another result reaches the call', async () => {
    const { output } = await azure.ended(await azure.start('missingInAll'));
    expect(output).toEqual({ wrong: 'of the right one', right: null });
    await fails('missingInAll', undefined, 'missing function', /'noSuchActivity' doesn't exist/);
  });

  test.each(['emptyError', 'throwsText'])('%s', (name) =>
    hangs(name, undefined, 'error without a message', /Throw an Error with a message/),
  );
});

test('trap 5: continueAsNew with a string gives JSON text, fails when strict', async () => {
  expect((await azure.ended(await azure.start('textAgain', { first: true }))).output).toBe('"text"');
  await fails('textAgain', { first: true }, 'continueAsNew with a string', /Pass an object/);
});

describe('trap 6: entities', () => {
  const call = async (world: World, operation: string, key: string) =>
    (await world.ended(await world.start('callCareless', { key, operation }))).output;

  test('an Error shows as [object Object], a string as it is; strict says what to do', async () => {
    expect(await call(azure, 'error', 'a')).toEqual({ error: '[object Object]' });
    expect(await call(azure, 'text', 'a')).toEqual({ error: 'seen' });
    await logged(azure, 'entity that throws an object', '@careless@a');
    expect(await call(strict, 'error', 'a')).toEqual({ error: expect.stringMatching(/'error' .* Throw a string\./) });
    expect(await call(strict, 'text', 'a')).toEqual({ error: 'seen' });
  });

  test('a return after destructOnExit revives the entity, without a state', async () => {
    for (const operation of ['set', 'destroy', 'set', 'destroyAndReturn']) await call(azure, operation, 'b');
    const { body } = await azure.durable('GET', 'entities/careless');
    expect((body as { entityId: object }[]).map((one) => one.entityId)).toContainEqual({ name: 'careless', key: 'b' });
    expect((await azure.durable('GET', 'entities/careless/b')).status).toBe(404);
  });

  test("inside, the entity's name is in lower case", async () => {
    expect(await call(azure, 'name', 'c')).toEqual({ value: 'careless' });
  });
});

test('trap 7: a string under "Timestamp" becomes a Date, fails when strict', async () => {
  const input = { at: { Timestamp: '2030-01-01T00:00:00Z' } };
  const id = await azure.start('timestamped', input);
  expect((await azure.ended(id)).output).toBe('a Date');
  await logged(azure, 'Timestamp in an input', id);
  await fails('timestamped', input, 'Timestamp in an input', /"at\.Timestamp".* Use another key/);
});

test('trap 8: the client has no history, and dates of lists are strings', async () => {
  const id = await azure.start('timestamped', { at: {} });
  await azure.ended(id);
  const { body } = await azure.call('GET', `/api/clientStatus/${id}`);
  expect(body).toEqual({ history: 'undefined', createdTime: true, listedCreatedTime: 'string' });
});

test('trap 9: a terminated child fails its parent, inside try and catch; the log says so', async () => {
  await azure.start('careful', 'child', 'parent');
  await poll(
    () => azure.durable('GET', 'instances/child'),
    ({ status }) => status === 202,
  );
  await azure.durable('POST', 'instances/child/terminate?reason=enough');
  const { output } = await azure.ended('parent');
  expect(output).toMatch(/^Orchestrator function 'careful' failed: .*could not parse its exception data/);
  await logged(azure, 'terminated sub-orchestration', 'child');
});

test('trap 10: the failed attempts of a sub-orchestration stay as instances of their own', async () => {
  const id = await azure.start('retriesChild');
  expect((await azure.ended(id)).runtimeStatus).toBe('Failed');
  const { body } = await azure.durable('GET', 'instances?runtimeStatus=Failed');
  const children = (body as { name: string; instanceId: string }[]).filter((one) => one.name === 'failing');
  expect(children.map((one) => one.instanceId.split(':')[1])).toEqual(['0', '2']);
});

test('trap 11: names of events: the extension ignores case, the SDK does not; fails when strict', async () => {
  const id = await azure.start('waits');
  await azure.durable('POST', `instances/${id}/raiseEvent/GO`, 1);
  await logged(azure, 'case of an event name', id);
  expect((await azure.status(id)).runtimeStatus).toBe('Running');
  await azure.durable('POST', `instances/${id}/raiseEvent/Go`, 2);
  expect((await azure.ended(id)).output).toBe(2);
  const other = await strict.start('waits');
  await strict.durable('POST', `instances/${other}/raiseEvent/GO`, 1);
  expect((await strict.ended(other)).output).toMatch(/"GO" was raised while "Go" is waited for/);
});

test('trap 12: an ended instance can be started again under its id, a running one cannot', async () => {
  await azure.start('waits', 1, 'twice');
  expect((await azure.durable('POST', 'orchestrators/waits/twice', 2)).status).toBe(409);
  await azure.durable('POST', 'instances/twice/raiseEvent/Go', 'x');
  await azure.ended('twice');
  expect((await azure.durable('POST', 'orchestrators/waits/twice', 2)).status).toBe(202);
  expect((await azure.status('twice')).input).toBe(2);
});

describe('more that goes wrong', () => {
  test('a sub-orchestration under its own parent’s id', () =>
    hangs('sameId', undefined, 'instance id of a sub-orchestration', /must be different than .* Leave the id out/));

  test('a timer that nobody cancelled holds a finished instance open: reported', async () => {
    for (const world of [azure, strict]) {
      const id = await world.start('uncancelled');
      const line = await logged(world, 'open tasks at the end', id);
      expect(line).toMatchObject({ level: world === strict ? 'error' : 'warning' });
      expect((await world.status(id)).runtimeStatus).toBe('Running');
    }
  });

  test('code that has changed fails, in Azure too', async () => {
    const id = await azure.start('changing');
    expect((await azure.ended(id)).output).toMatch(/^Non-Deterministic workflow detected: A previous execution/);
  });

  test('entity locks are not in the extension of today’s bundles', async () => {
    const { output } = await azure.ended(await azure.start('holds', { keys: ['x'], then: 'wait' }));
    expect(output).toMatch(/lock requires a Durable Functions extension that supports OOProc schema V4 or higher/);
  });

  test('yielding what is no task fails, in Azure too', async () => {
    const { output } = await azure.ended(await azure.start('yieldsNothing'));
    expect(output).toMatch(/programming constraint violation: Orchestration yielded data of type undefined/);
  });

  test('a custom status has at most 16 KB of UTF-16, and cannot be cleared', async () => {
    const { output } = await azure.ended(await azure.start('status', 9000));
    expect(output).toMatch(
      /^The UTF-16 size of the JSON-serialized payload must not exceed 16 KB\. .* is 17\.\d+ KB\.$/,
    );
    const id = await azure.start('status', 100);
    await azure.until(id, (one) => one.customStatus !== null);
    await azure.durable('POST', `instances/${id}/raiseEvent/Go`, 1);
    expect((await azure.ended(id)).customStatus).toBe('x'.repeat(100));
  });

  test('a value of more than 1 MiB: reported when strict', async () => {
    const id = await strict.start('large');
    expect((await strict.ended(id)).runtimeStatus).toBe('Completed');
    const line = await logged(strict, 'large value', id);
    expect(line!.message).toMatch(/input of 'echo' has 1074 KiB/);
  });
});
