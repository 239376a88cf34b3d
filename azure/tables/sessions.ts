import { StrongroomError, type ErrorInfo } from '../../model/errors.ts';
import {
  mayAdvance,
  sessionView,
  type Session,
  type SessionDisk,
  type SessionState,
  type SessionStep,
  type SessionView,
} from '../../model/session.ts';
import { packed, unpacked, type Row, type Table } from './table.ts';

const PARTITION = 'sessions';
const sessionJson = ['error', 'warnings', 'notes'];
const stepJson = ['ms'];
/** Row keys are text: leading zeros keep the order. */
const ROW_DIGITS = 4;
/** Characters of JSON that a list in a row may have: a property of a table takes 32,768 (Table service data model). */
const LIST_LENGTH = 30_000;
const diskJson = ['size', 'total', 'done', 'stored', 'read', 'mode', 'error'];

/** Sessions and the live progress of their disks. */
export interface Sessions {
  /** No change when the session is there already. */
  create(session: Session): Promise<void>;
  find(id: string): Promise<SessionView | undefined>;
  /** Newest first, without disks. */
  list(): Promise<Session[]>;
  /** Moves the session on, by the state table; a repeated step only notes what is given. @throws INTERNAL, NOT_FOUND */
  advance(id: string, to: SessionState, notes: { error?: ErrorInfo; point?: string; worker?: string }): Promise<void>;
  /** Says it once, as long as there is room in the row. */
  warn(id: string, warning: string): Promise<void>;
  /** Likewise. */
  note(id: string, notes: string[]): Promise<void>;
  /** Keeps what the session tried out of its site, in this order. */
  putSteps(id: string, steps: readonly SessionStep[]): Promise<void>;
  /** Adds to a disk's row. */
  mergeDisk(id: string, disk: { key: string } & Partial<SessionDisk>): Promise<void>;
}

export function createSessions(sessions: Table, disks: Table, steps: Table, now: () => string): Sessions {
  const read = (row: Row) => unpacked<Session>(row, sessionJson);

  /** Reads, decides, writes; again when somebody else wrote meanwhile. */
  async function change(id: string, decide: (session: Session) => Partial<Session>): Promise<void> {
    for (;;) {
      const row = await sessions.find(PARTITION, id);
      if (!row) throw new StrongroomError('NOT_FOUND', `There is no session ${id}.`);
      try {
        await sessions.mergeIf(PARTITION, id, packed({ ...decide(read(row)), updated: now() }), row.etag);
        return;
      } catch (error) {
        if (!(error instanceof StrongroomError) || error.code !== 'ALREADY_EXISTS') throw error;
      }
    }
  }

  return {
    async create(session) {
      await sessions.insert(PARTITION, session.id, packed(session));
    },

    async find(id) {
      const [row, diskRows, stepRows] = await Promise.all([
        sessions.find(PARTITION, id),
        disks.list(id),
        steps.list(id),
      ]);
      return (
        row &&
        sessionView(
          read(row),
          diskRows.map((disk) => unpacked<SessionDisk>(disk, diskJson)),
          stepRows.map((step) => unpacked<SessionStep>(step, stepJson)),
        )
      );
    },

    async list() {
      const all = (await sessions.list(PARTITION)).map(read);
      return all.sort((a, b) => b.started.localeCompare(a.started));
    },

    advance: (id, to, notes) =>
      change(id, (session) => {
        const moves = mayAdvance(session.state, to);
        const finished = moves && (to === 'completed' || to === 'failed') ? { finished: now() } : {};
        return { ...notes, state: to, ...finished };
      }),

    warn: (id, warning) => change(id, ({ warnings = [] }) => ({ warnings: extended(warnings, [warning]) })),

    note: (id, added) => change(id, ({ notes = [] }) => ({ notes: extended(notes, added) })),

    async putSteps(id, tried) {
      await Promise.all(tried.map((step, i) => steps.merge(id, String(i).padStart(ROW_DIGITS, '0'), packed(step))));
    },

    mergeDisk: (id, disk) => disks.merge(id, disk.key, packed(disk)),
  };
}

/** With what is new, as far as there is room: what does not fit must not fail the session that says it. */
function extended(texts: string[], added: readonly string[]): string[] {
  const all = [...new Set([...texts, ...added])];
  while (all.length > texts.length && JSON.stringify(all).length > LIST_LENGTH) all.pop();
  return all;
}
