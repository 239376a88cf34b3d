import type { EntityId } from './actions.ts';

/** Whether a message's address is an entity's, `@name@key`. */
export function isEntity(target: string): boolean {
  return target.startsWith('@');
}

/** `@name@key` taken apart. */
export function entityIdOf(target: string): EntityId {
  const at = target.indexOf('@', 1);
  return { name: target.slice(1, at), key: target.slice(at + 1) };
}

/** `@name@key`: names are compared in lower case. */
export function entityTarget(name: string, key: string): string {
  return `@${name.toLowerCase()}@${key}`;
}
