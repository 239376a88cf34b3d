/** What clients are held to. */
const MAX_LENGTH = 100;
/** An Azure table's key, 1 KiB of UTF-16: what limits the id of a sub-orchestration. */
const MAX_KEY_LENGTH = 512;

/** @returns the extension's words for what is wrong with an instance id, undefined when nothing is */
export function wrongId(id: string): string | undefined {
  if (id.startsWith('@')) return 'Orchestration instance ids must not start with @.';
  if (/[/\\#?\u0000-\u001f\u007f-\u009f]/.test(id)) {
    return 'Orchestration instance ids must not contain /, \\, #, ?, or control characters.';
  }
  if (id.length > MAX_LENGTH) return `Instance ID lengths must not exceed ${MAX_LENGTH} characters.`;
  return undefined;
}

/** @returns why no sub-orchestration of that id can be started, undefined when it can */
export function wrongChildId(
  id: string,
  parent: { instanceId: string; parent?: { instanceId: string } | null },
): string | undefined {
  const same = [parent.instanceId, parent.parent?.instanceId].some((one) => one?.toLowerCase() === id.toLowerCase());
  if (same) {
    return 'The instance ID of a sub-orchestration must be different than the instance ID of a parent orchestration.';
  }
  if (id.startsWith('@')) return 'Orchestration instance ids must not start with @.';
  return id.length > MAX_KEY_LENGTH ? `Instance ids must not be longer than ${MAX_KEY_LENGTH} characters.` : undefined;
}
