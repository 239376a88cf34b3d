import { ArmError } from '../arm/types.ts';
import type { ArmWorld } from '../arm/types.ts';
import { alarm } from '../core/alarm.ts';
import { cancelled } from './errors.ts';

/** What goes on, or went on, with a database or an instance. Times in milliseconds since the epoch. */
export interface Task {
  id: string;
  /** `CREATE DATABASE AS COPY`, … */
  operation: string;
  /** `status` of the resource meanwhile. */
  status: string;
  begins: number;
  ends: number;
  cancelled?: true;
}

/** How many tasks of a resource its list of operations shows. */
const KEPT = 20;

/** Work that takes time on the world's clock. What a resource's status is follows from the times, also after a restart. */
export interface Work {
  /** Begins a task; what it returns is the work of the long-running operation and ends with the task. */
  begin(resourceId: string, task: { operation: string; status: string; seconds: number }): () => Promise<undefined>;
  /** What goes on now. */
  current(resourceId: string): Task | undefined;
  /** Newest first. */
  tasks(resourceId: string): Task[];
  /** Ends what goes on as cancelled. */
  cancel(resourceId: string): void;
  rename(from: string, to: string): void;
  /** Of a resource that is gone; what goes on is cancelled. */
  forget(resourceId: string): void;
  /** Waits for nothing any more. The tasks go on: their ends are times. */
  stop(): void;
}

export function createWork({ state, clock, guid }: Pick<ArmWorld, 'state' | 'clock' | 'guid'>): Work {
  const kept = state.map<Task[]>('sql.tasks');
  /** Ends the wait for a task before its time, with an error. */
  const waiting = new Map<string, (why: ArmError) => void>();

  const tasks = (resourceId: string) => kept.get(resourceId.toLowerCase()) ?? [];
  const current = (resourceId: string) => tasks(resourceId).find((task) => !task.cancelled && task.ends > clock.now());

  const cancel = (resourceId: string) => {
    const going = current(resourceId);
    if (!going) return;
    const changed = tasks(resourceId).map((task): Task => (task === going ? { ...task, cancelled: true } : task));
    kept.set(resourceId.toLowerCase(), changed);
    waiting.get(going.id)?.(cancelled());
  };

  return {
    begin(resourceId, { operation, status, seconds }) {
      const begins = clock.now();
      const task: Task = { id: guid(), operation, status, begins, ends: begins + seconds * 1000 };
      kept.set(resourceId.toLowerCase(), [task, ...tasks(resourceId)].slice(0, KEPT));
      const ended = new Promise<void>((resolve, reject) => {
        const takeBack = alarm(clock, task.ends, resolve);
        waiting.set(task.id, (why) => {
          takeBack();
          reject(why);
        });
      }).finally(() => waiting.delete(task.id));
      ended.catch(() => {}); // Told by the operation, if anybody asks.
      return async () => {
        await ended;
        return undefined;
      };
    },
    current,
    tasks,
    cancel,
    rename(from, to) {
      kept.set(to.toLowerCase(), tasks(from));
      kept.delete(from.toLowerCase());
    },
    forget(resourceId) {
      cancel(resourceId);
      kept.delete(resourceId.toLowerCase());
    },
    stop() {
      const why = new ArmError(500, 'InternalServerError', 'The operation did not end before the local Azure did.');
      for (const end of [...waiting.values()]) end(why);
    },
  };
}
