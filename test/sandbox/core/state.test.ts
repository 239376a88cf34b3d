import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openState, StateError } from '../../../sandbox/core/state.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what was set is there after the next opening, in the order in which it was first set', () => {
  const first = openState(folder);
  const fruit = first.map<{ n: number }>('fruit');
  fruit.set('pear', { n: 1 });
  fruit.set('apple', { n: 2 });
  fruit.set('pear', { n: 3 });
  fruit.set('plum', { n: 4 });
  expect(fruit.delete('plum')).toBe(true);
  expect(fruit.delete('plum')).toBe(false);
  first.map('stone').set('pear', 'another map');
  first.close();

  const second = openState(folder);
  expect([...second.map('fruit').entries()]).toEqual([
    ['pear', { n: 3 }],
    ['apple', { n: 2 }],
  ]);
  expect(second.map('fruit').size).toBe(2);
  second.close();
});

test('of a transaction that throws nothing is on disk', () => {
  const first = openState(folder);
  const map = first.map('m');
  expect(() =>
    first.transaction(() => {
      map.set('a', 1);
      first.transaction(() => map.set('b', 2));
      throw new Error('no');
    }),
  ).toThrow('no');
  first.close();
  const second = openState(folder);
  expect(second.map('m').size).toBe(0);
  second.close();
});

test('a folder in use by another process is refused, and free again when that one is gone', () => {
  const module = JSON.stringify(new URL('../../../sandbox/core/state.ts', import.meta.url).pathname);
  const script = `import { openState } from ${module}; try { openState(process.argv[1]); console.log('opened') } catch (e) { console.log(e.name + ': ' + e.message) }`;
  const other = () =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script, folder], { encoding: 'utf8' });
  const mine = openState(folder);
  expect(other()).toBe(
    `StateError: The state folder ${folder} is in use by another run. Stop that one, or name another folder.\n`,
  );
  mine.close();
  expect(other()).toBe('opened\n');
  openState(folder).close();
});

test('a folder of a newer version and one that holds something else are refused by name', () => {
  const database = new DatabaseSync(join(folder, 'world.db'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => openState(folder)).toThrow(StateError);
  expect(() => openState(folder)).toThrow(/was made by a newer version \(format 99; this one knows up to 1\)/);
  writeFileSync(join(folder, 'world.db'), 'this is no database, and long enough to be looked at as one '.repeat(20));
  expect(() => openState(folder)).toThrow(/cannot be read/);
});

test('a folder that cannot be made, or opened, is refused by name', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const place of [file, join(file, 'below')]) {
    expect(() => openState(place)).toThrow(StateError);
    expect(() => openState(place)).toThrow(`The state folder ${place} cannot be used: `);
  }
  mkdirSync(join(folder, 'world.db'));
  expect(() => openState(folder)).toThrow(`The state folder ${folder} cannot be used: unable to open database file.`);
});
