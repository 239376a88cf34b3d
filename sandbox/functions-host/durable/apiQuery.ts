const STATUSES = [
  'Running',
  'Completed',
  'ContinuedAsNew',
  'Failed',
  'Canceled',
  'Terminated',
  'Pending',
  'Suspended',
] as const;

/** The parameters of a request, read as .NET's TryParse methods do: what does not parse counts as not given. */
export function apiQuery(url: URL) {
  const text = (name: string) => url.searchParams.get(name) ?? undefined;
  const number = (name: string, pattern: RegExp) => {
    const value = text(name)?.trim();
    return value !== undefined && pattern.test(value) ? Number(value) : undefined;
  };
  return {
    text,
    flag(name: string, otherwise: boolean): boolean {
      const value = text(name)?.trim().toLowerCase();
      return value === 'true' || (value !== 'false' && otherwise);
    },
    int: (name: string) => number(name, /^[+-]?\d+$/),
    /** Seconds → milliseconds. */
    seconds(name: string): number | undefined {
      const value = number(name, /^[+-]?(\d+\.?\d*|\.\d+)$/);
      return value === undefined ? undefined : value * 1000;
    },
    /** Milliseconds. */
    time(name: string): number | undefined {
      const value = Date.parse(text(name) ?? '');
      return Number.isNaN(value) ? undefined : value;
    },
    /** Statuses by name, exactly as written, or by number; those that there are not are left out. */
    statuses(name: string): string[] | undefined {
      const values = url.searchParams.getAll(name).flatMap((value) => value.split(',').map((one) => one.trim()));
      const known = values.flatMap(
        (one) => STATUSES[/^\d$/.test(one) ? Number(one) : -1] ?? STATUSES.filter((name) => name === one),
      );
      return known.length > 0 ? known : undefined;
    },
  };
}
