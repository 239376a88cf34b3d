import { expect, test } from 'vitest';
import { isTerminal, mayAdvance, sessionView, transitions, type SessionState } from '../../model/session.ts';

const states = Object.keys(transitions) as SessionState[];

test('every state is reached, and every path ends', () => {
  const reached = new Set<SessionState>(['queued']);
  for (const state of reached) transitions[state].forEach((next) => reached.add(next));
  expect([...reached].sort()).toEqual([...states].sort());
  expect(states.filter(isTerminal)).toEqual(['completed', 'failed']);
  for (const state of states.filter((each) => !isTerminal(each))) expect(transitions[state]).toContain('failed');
});

test('a repeated step changes nothing, a step that the table lacks is refused', () => {
  expect(mayAdvance('snapshotting', 'snapshotting')).toBe(false);
  expect(mayAdvance('queued', 'snapshotting')).toBe(true);
  expect(() => mayAdvance('completed', 'transferring')).toThrow('from completed to transferring');
});

test('a late progress message cannot make a finished disk look unfinished; disks stand in order', () => {
  const session = {
    id: 's',
    kind: 'backup' as const,
    state: 'completed' as const,
    resourceId: '/r',
    started: '',
    updated: '',
  };
  const disk = { name: 'd', size: 10, state: 'done' as const };
  const shown = sessionView(session, [
    { ...disk, key: 'lun10', total: 10, done: 3 },
    { ...disk, key: 'lun2' },
    { ...disk, key: 'os' },
  ]);
  expect(shown.disks.map(({ key, done }) => [key, done])).toEqual([
    ['os', undefined],
    ['lun2', undefined],
    ['lun10', 10],
  ]);
});
