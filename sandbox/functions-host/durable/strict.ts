import { ActionType, type Action } from './actions.ts';
import { traps, type Finding } from './traps.ts';

/** Values above this many bytes are worth a line in the log of a strict host. */
const LARGE = 2 ** 20;

/**
 * Finds a task that stands in two places of an orchestrator's actions. Only the objects themselves tell: as JSON, a task
 * that is yielded again looks like a second call. Waiting for an event again is fine. So is a timer, a deadline over
 * several events as in Azure's samples, as long as nothing else comes after its second place: the extension gives that
 * place an id of its own, and then the SDK takes one result for another.
 * @param result what the orchestrator function returned
 */
export function reyielded(result: unknown): Finding | undefined {
  const actions = (result as { actions?: Action[][] } | null)?.actions ?? [];
  const seen = new Set<Action>();
  let timer: Action | undefined;
  const visit = (action: Action): Action | undefined => {
    const { actionType, compoundActions } = action;
    if (actionType === ActionType.WaitForExternalEvent || actionType === ActionType.ContinueAsNew) return undefined;
    if (seen.has(action)) {
      if (actionType !== ActionType.CreateTimer) return action;
      timer = action;
      return undefined;
    }
    seen.add(action);
    if (!compoundActions) return timer;
    for (const child of compoundActions) {
      const found = visit(child);
      if (found) return found;
    }
    return undefined;
  };
  for (const action of actions.flat()) {
    const found = visit(action);
    if (found) return traps.reyielded(nameOf(found));
  }
  return undefined;
}

function nameOf({ actionType, functionName, operation }: Action): string {
  if (functionName) return `The call of '${functionName}'`;
  if (operation) return `The entity operation '${operation}'`;
  return actionType === ActionType.CreateTimer ? 'A timer' : 'A task';
}

/** Finds a key that durable-functions takes for a date. @param json an orchestration's input */
export function timestampInInput(json: string | null): Finding | undefined {
  const find = (value: unknown, path: string): string | undefined => {
    if (typeof value !== 'object' || value === null) return undefined;
    for (const [key, member] of Object.entries(value)) {
      const here = path === '' ? key : `${path}.${key}`;
      if (key === 'Timestamp' && typeof member === 'string') return here;
      const found = find(member, here);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  if (!json?.includes('"Timestamp"')) return undefined;
  const path = find(JSON.parse(json), '');
  return path === undefined ? undefined : traps.timestampInInput(path);
}

/** @param json a value that goes into the history */
export function largeValue(what: string, json: string | null): Finding | undefined {
  const bytes = json === null ? 0 : Buffer.byteLength(json);
  return bytes > LARGE ? traps.large(what, bytes) : undefined;
}
