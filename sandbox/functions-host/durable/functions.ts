import type { RegisteredFunction, Registry } from '../app/coreModule.ts';

type DurableTrigger = 'orchestrationTrigger' | 'activityTrigger' | 'entityTrigger';

/** The app's durable functions; names ignore case, as in the extension. */
export interface DurableFunctions {
  find(trigger: DurableTrigger, name: string): RegisteredFunction | undefined;
}

const KINDS: Record<DurableTrigger, string> = {
  orchestrationTrigger: 'an orchestrator function',
  activityTrigger: 'an activity function',
  entityTrigger: 'an entity function',
};

export function durableFunctions(registry: Registry): DurableFunctions {
  const byKey = new Map<string, RegisteredFunction>();
  const key = (type: string, name: string) => `${type.toLowerCase()} ${name.toLowerCase()}`;
  for (const fn of registry.functions.values()) byKey.set(key(fn.trigger.type, fn.metadata.name), fn);
  return { find: (trigger, name) => byKey.get(key(trigger, name)) };
}

/**
 * The extension's words for a function that is not there. In Azure the caller then waits for ever
 * (azure-functions-durable-js #197); here its call fails with this text.
 */
export function missingFunction(trigger: DurableTrigger, name: string): string {
  return `The function '${name}' doesn't exist, is disabled, or is not ${KINDS[trigger]}.`;
}
