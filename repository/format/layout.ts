/** Names of the repository's objects (docs/format.md, section 2). */
export const CONFIG = 'strongroom.json';

export type PackKind = 'data' | 'maps';

export const packName = (kind: PackKind, pack: string): string => `${kind}/${pack}`;
export const indexName = (index: string): string => `index/${index}`;
export const pointName = (point: string): string => `points/${point}`;
/** Not of the format: a worker's proof that it may write here. */
export const probeName = (session: string): string => `probe/${session}`;
export const writerName = (writer: string): string => `writers/${writer}`;
export const keyNames = (repository: string): [string, string] => [`keys/${repository}.0`, `keys/${repository}.1`];

export const PREFIXES = { data: 'data/', index: 'index/', points: 'points/' } as const;
