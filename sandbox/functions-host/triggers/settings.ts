/** Replaces `%SETTING%`. @throws Error when a setting is missing */
export function resolveSettings(text: string, settings: NodeJS.ProcessEnv): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = settings[name];
    if (value === undefined) throw new Error(`'%${name}%' does not resolve to a value.`);
    return value;
  });
}
