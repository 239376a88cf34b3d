import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { worldFolder } from '../../sandbox/folder.ts';

const parent = mkdtempSync(join(tmpdir(), 'folder-'));
afterAll(() => rmSync(parent, { recursive: true }));

/** A folder as a world leaves it; without owner: one that is just being made, or somebody else's. */
function leave(name: string, owner?: string): string {
  const dir = join(parent, name);
  mkdirSync(join(dir, 'edge'), { recursive: true });
  if (owner !== undefined) writeFileSync(join(dir, 'pid'), owner);
  return dir;
}

test('a start removes what killed worlds have left, and nothing else', async () => {
  const gone = spawnSync('true').pid;
  const killed = leave('local-azure-killed', `${gone} ${hostname()}`);
  const kept = [
    leave('local-azure-running', `${process.pid} ${hostname()}`),
    leave('local-azure-elsewhere', `${gone} another-machine`),
    leave('local-azure-starting'),
    leave('local-azure-half', ''),
    leave('other', `${gone} ${hostname()}`),
  ];
  const made = await Promise.all([worldFolder(parent), worldFolder(parent)]);
  expect(existsSync(killed)).toBe(false);
  expect([...kept, ...made].filter((dir) => !existsSync(dir))).toEqual([]);
  expect(readFileSync(join(made[0], 'pid'), 'utf8')).toBe(`${process.pid} ${hostname()}`);
});
