import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld('stuck');
});
afterAll(() => world.stop());

test('an activity that takes too long fails, and ends with the process, which starts again', async () => {
  const { pid, url } = world.host;
  const file = join(world.directory, 'hanging');
  const code = `code=${world.host.keys.systemKeys.durabletask_extension}`;
  await world.call('POST', `/runtime/webhooks/durabletask/orchestrators/hanging/one?${code}`, file);
  await expect.poll(() => world.host.pid, { timeout: 30_000 }).not.toBe(pid);
  expect(world.host.url).toBe(url);
  const { output } = await world.ended('one');
  expect(output).toMatch(
    /^Activity function 'hang' failed: Timeout value of 00:00:01 exceeded by function 'Functions\.hang' \(Id: /,
  );
  const written = readFileSync(file, 'utf8').length;
  await world.status('one');
  expect(readFileSync(file, 'utf8')).toHaveLength(written);
});

test('a process that ends by itself starts again, and what was under way runs again', async () => {
  const { pid, url } = world.host;
  const file = join(world.directory, 'breaking');
  await world.durable('POST', 'orchestrators/breaking/two', file);
  await expect.poll(() => world.host.pid, { timeout: 30_000 }).not.toBe(pid);
  expect(world.host.url).toBe(url);
  await expect
    .poll(() => world.durable('GET', 'instances/two').catch(() => undefined), { timeout: 30_000 })
    .toMatchObject({ body: { output: 'second run' } });
  const lines = world.log().filter(({ level }) => level === 'error');
  expect(lines).toContainEqual(expect.objectContaining({ message: expect.stringMatching(/nobody catches this/) }));
  expect(lines).toContainEqual(
    expect.objectContaining({ message: "The host's process ended with code 1 and is started again" }),
  );
});
