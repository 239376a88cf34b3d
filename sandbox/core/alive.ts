import { readFileSync } from 'node:fs';

/** What tells a process from a later one with its number: when it was started, as /proc gives it; null where there is none. */
export function birthOf(pid: number): string | null {
  return fieldsOf(pid)?.[19] ?? null;
}

/** Whether a process of this machine runs. One that has ended and was not collected by its parent yet does not. */
export function isAlive(pid: number, birth: string | null = null): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const fields = fieldsOf(pid);
  if (fields?.[0] === 'Z') return false;
  return birth === null || fields === undefined || fields[19] === birth;
}

/** The fields of /proc/<pid>/stat from the state on: the name before it, in brackets, may hold anything. */
function fieldsOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
