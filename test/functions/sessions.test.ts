import { expect, test } from 'vitest';
import { createSessions } from '../../azure/tables/sessions.ts';
import { memoryTable } from './memoryTable.ts';

test('a session’s warnings and notes are said once and never outgrow a table’s property', async () => {
  const written: string[] = [];
  const started = '2026-11-22T10:00:00.000Z';
  const sessions = createSessions(memoryTable(written), memoryTable(), memoryTable(), () => started);
  const id = 'backup-20261122t100000z-1a2b3c4d';
  await sessions.create({ id, kind: 'backup', state: 'queued', resourceId: '/vm', started, updated: started });
  for (let i = 0; i < 100; i++) await sessions.warn(id, `${i} ${'"'.repeat(400)}`);
  await sessions.warn(id, `0 ${'"'.repeat(400)}`);
  await sessions.note(id, ['made a', 'made a', 'made b']);
  const { warnings = [], notes } = (await sessions.find(id))!;
  expect(warnings.length).toBeGreaterThan(30);
  expect(warnings.length).toBeLessThan(100);
  expect(JSON.stringify(warnings).length).toBeLessThanOrEqual(32_768);
  expect(notes).toEqual(['made a', 'made b']);
});
