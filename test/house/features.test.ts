import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const rows = [
  ...readFileSync(join(root, 'docs/features.md'), 'utf8').matchAll(/^\| ([A-Z]+-\d+) \|.*\| (.+) \|$/gm),
].map(([, id, tests]) => ({ id: id!, files: [...tests!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!) }));

describe('docs/features.md', () => {
  it('lists rows', () => expect(rows.length).toBeGreaterThan(20));

  it.each(rows)('$id: each file it names has a test that carries the id', ({ id, files }) => {
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const titles = [...readFileSync(join(root, file), 'utf8').matchAll(/(['"`])((?:VMP|HOW|AB|CV|SQLP)-\d.*?)\1/g)];
      expect(
        titles.some(([, , title]) => title!.split(/\s/).includes(id)),
        file,
      ).toBe(true);
    }
  });
});
