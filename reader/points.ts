import type { Folder } from './folder.ts';
import type { Keys } from './derivedKeys.ts';
import { newer, Problem } from './problem.ts';
import { sealedContent } from './sealedObject.ts';

/** Where a block or page lies, and what it is (docs/format.md, 6). */
export interface Ref {
  pack: string;
  offset: number;
  /** As stored. */
  length: number;
  identity: string;
}

export interface Disk {
  key: string;
  name: string;
  /** Bytes. */
  size: number;
  image: { size: number; depth: number; root: { pack: string; offset: number; length: number; hash: string } | null };
}

/** What a reader needs of a restore point; the rest of it is shown as it is. */
export interface Point {
  version: number;
  id: string;
  time: string;
  source: { kind: string; name: string };
  disks: Disk[];
}

/** Ids, oldest first. */
export const pointIds = (folder: Folder): string[] =>
  folder
    .names('points/')
    .map((name) => name.slice('points/'.length))
    .sort();

/** @throws Problem when there is none, Damage */
export function readPoint(folder: Folder, keys: Keys, id: string): Point {
  const name = `points/${id}`;
  const bytes = /^[0-9A-Za-z-]+$/.test(id) ? folder.find(name) : undefined;
  if (!bytes) throw new Problem(`There is no point ${id}. "list" shows those that there are.`);
  const point = JSON.parse(sealedContent(keys, 'point', name, bytes).toString('utf8')) as Point;
  if (point.version > 1) throw newer(`The point ${id}`, point.version);
  return point;
}
