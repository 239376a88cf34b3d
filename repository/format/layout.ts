/** Names of the repository's objects (docs/format.md, section 2). */
export const CONFIG = 'strongroom.json';

export type PackKind = 'data' | 'maps';

export const packName = (kind: PackKind, pack: string): string => `${kind}/${pack}`;
export const indexName = (index: string): string => `index/${index}`;
export const pointName = (point: string): string => `points/${point}`;
/** Not of the format: a worker's proof that it may write here. */
export const probeName = (session: string): string => `probe/${session}`;
export const writerName = (writer: string): string => `writers/${writer}`;
export const markName = (kind: PackKind, pack: string): string => `marks/${kind}-${pack}`;
export const lockName = (generation: string): string => `locks/${generation}`;
/** One of the forwards of a pack; `forward` is 16 random bytes in hex. */
export const forwardName = (kind: PackKind, pack: string, forward: string): string =>
  `${forwardPrefix(kind, pack)}${forward}`;
export const forwardPrefix = (kind: PackKind, pack: string): string => `moved/${kind}-${pack}.`;
export const badName = (kind: PackKind, pack: string): string => `bad/${kind}-${pack}`;
export const checkName = (check: string): string => `checks/${check}`;
export const keyNames = (repository: string): [string, string] => [`keys/${repository}.0`, `keys/${repository}.1`];

export const PREFIXES = {
  data: 'data/',
  maps: 'maps/',
  index: 'index/',
  points: 'points/',
  writers: 'writers/',
  marks: 'marks/',
  moved: 'moved/',
  bad: 'bad/',
  checks: 'checks/',
  locks: 'locks/',
  keys: 'keys/',
  probe: 'probe/',
} as const;
