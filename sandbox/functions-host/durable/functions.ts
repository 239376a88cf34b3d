import type { RegisteredFunction, Registry } from '../app/coreModule.ts';

export type FunctionKind = 'orchestrationTrigger' | 'activityTrigger' | 'entityTrigger';

/** The app's durable functions; names ignore case, as in the extension. */
export interface DurableFunctions {
  find(kind: FunctionKind, name: string): RegisteredFunction | undefined;
  /** @returns the extension's words for a function that is not there, undefined when it is */
  missing(kind: FunctionKind, name: string): string | undefined;
}

const KINDS: Record<FunctionKind, string> = {
  orchestrationTrigger: 'orchestrator',
  activityTrigger: 'activity',
  entityTrigger: 'entity',
};

export function durableFunctions(registry: Registry): DurableFunctions {
  const byKey = new Map<string, RegisteredFunction>();
  const key = (type: string, name: string) => `${type.toLowerCase()} ${name.toLowerCase()}`;
  for (const fn of registry.functions.values()) byKey.set(key(fn.trigger.type, fn.metadata.name), fn);
  const find = (kind: FunctionKind, name: string) => byKey.get(key(kind, name));

  return {
    find,
    missing(kind, name) {
      if (find(kind, name)) return undefined;
      const word = KINDS[kind];
      const known = [...byKey.values()]
        .filter((fn) => fn.trigger.type.toLowerCase() === kind.toLowerCase())
        .map((fn) => `'${fn.metadata.name}'`);
      const others = known.length > 0 ? `The following are the known ${word} functions: ${known.join(', ')}.` : '';
      return (
        `The function '${name}' doesn't exist, is disabled, or is not an ${word} function. Additional info: ` +
        (others || `No ${word} functions are currently registered!`)
      );
    },
  };
}
