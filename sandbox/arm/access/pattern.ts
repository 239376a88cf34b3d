/** The permissions of a role, as its definition lists them. */
export interface Permission {
  actions?: readonly string[];
  notActions?: readonly string[];
  dataActions?: readonly string[];
  notDataActions?: readonly string[];
}

type Matcher = (action: string) => boolean;

/** `*` stands for any characters, also slashes; case does not count ("Understand Azure role definitions"). */
function matcher(patterns: readonly string[] = []): Matcher {
  if (patterns.length === 0) return () => false;
  const alternatives = patterns.map((pattern) =>
    pattern
      .split('*')
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  );
  const expression = new RegExp(`^(?:${alternatives.join('|')})$`, 'i');
  return (action) => expression.test(action);
}

/** Whether a role grants an action: it is among its (data) actions and not among those subtracted from them. */
export type Grants = (action: string, data: boolean) => boolean;

/** What a permission subtracts it subtracts from itself only: another role may grant it. */
export function grantsOf(permissions: readonly Permission[]): Grants {
  const compiled = permissions.map((permission) => ({
    actions: matcher(permission.actions),
    notActions: matcher(permission.notActions),
    dataActions: matcher(permission.dataActions),
    notDataActions: matcher(permission.notDataActions),
  }));
  return (action, data) =>
    compiled.some((one) =>
      data ? one.dataActions(action) && !one.notDataActions(action) : one.actions(action) && !one.notActions(action),
    );
}
