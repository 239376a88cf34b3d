/** How many imports and exports went on at once, at most, by lower-case id of disk access and by id of family. */
export interface ExportPeaks {
  diskAccesses: Record<string, number>;
  families: Record<string, number>;
}

/** Notes how many go on at a moment. */
export function noteExports(
  peaks: ExportPeaks,
  active: { diskAccessId?: string | undefined; family?: string | undefined }[],
) {
  note(
    peaks.diskAccesses,
    active.flatMap(({ diskAccessId }) => diskAccessId?.toLowerCase() ?? []),
  );
  note(
    peaks.families,
    active.flatMap(({ family }) => family ?? []),
  );
}

function note(highest: Record<string, number>, keys: string[]): void {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const [key, count] of counts) highest[key] = Math.max(highest[key] ?? 0, count);
}
