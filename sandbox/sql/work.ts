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
}

export function createWork({ state, clock, guid }: Pick<ArmWorld, 'state' | 'clock' | 'guid'>): Work {
  const kept = state.map<Task[]>('sql.tasks');
  const waiting = new Map<string, () => void>();

  const tasks = (resourceId: string) => kept.get(resourceId.toLowerCase()) ?? [];
  const current = (resourceId: string) => tasks(resourceId).find((task) => !task.cancelled && task.ends > clock.now());

  const cancel = (resourceId: string) => {
    const going = current(resourceId);
    if (!going) return;
    const changed = tasks(resourceId).map((task): Task => (task === going ? { ...task, cancelled: true } : task));
    kept.set(resourceId.toLowerCase(), changed);
    waiting.get(going.id)?.();
  };

  return {
    begin(resourceId, { operation, status, seconds }) {
      const begins = clock.now();
      const task: Task = { id: guid(), operation, status, begins, ends: begins + seconds * 1000 };
      kept.set(resourceId.toLowerCase(), [task, ...tasks(resourceId)].slice(0, KEPT));
      let stopped = false;
      const ended = new Promise<void>((resolve) => {
        const takeBack = alarm(clock, task.ends, resolve);
        waiting.set(task.id, () => {
          stopped = true;
          takeBack();
          resolve();
        });
      });
      return async () => {
        await ended;
        waiting.delete(task.id);
        if (stopped) throw cancelled();
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
  };
}
