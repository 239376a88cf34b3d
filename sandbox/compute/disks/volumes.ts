import type { State } from '../../core/state.ts';
import type { Clock } from '../../core/types.ts';
import { sha256OfPieces } from './hash.ts';
import type { HashPiece } from './hash.ts';
import { LayerFiles } from './layerFiles.ts';
import { LayerForest } from './layerForest.ts';
import { SECTOR } from './layers.ts';
import type { Change, Range } from './layers.ts';
import { allocated, changes, pieces } from './layerTree.ts';
import { createVolumeTable } from './volumeTable.ts';
import type { VolumeFacts } from './volumeTable.ts';

/**
 * Contents of all disks and snapshots of a world, by key. Copying is instant and costs nothing. What is written is there
 * again, also after SIGKILL, when the world is started on the same folder and state; bytes go to the layers' files
 * first, then the map that names them changes in one transaction. It may be part of one of the caller's when nothing is
 * overwritten or removed (a copy under a new key): files that are no longer needed are removed at once.
 */
export interface Volumes {
  has(key: string): boolean;
  keys(): string[];
  size(key: string): number;
  /** Grows with each change of content; a copy has its source's. */
  version(key: string): number;
  /** When the content last changed, in milliseconds since the epoch; a copy has its source's. */
  modified(key: string): number;
  create(key: string, size: number): void;
  /** `to` has what `from` has now; larger when `size` says so. The two are independent from here on. */
  copy(from: string, to: string, size?: number): void;
  /** Empties the volume and gives it another size. */
  reset(key: string, size: number): void;
  grow(key: string, size: number): void;
  delete(key: string): void;
  read(key: string, offset: number, length: number): Promise<Buffer>;
  /** Any alignment: the sectors at both ends are filled up with what they hold. Whole when it returns. */
  write(key: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** Aligned to sectors: those ranges read as zero and are no longer allocated. */
  clear(key: string, offset: number, length: number): void;
  /** The ranges that hold data, found one by one: to be used up before the next change. */
  allocated(key: string, range?: Range): Iterable<Range>;
  /** What differs in `key` from its ancestor `base`, without reading data; to be used up before the next change. */
  changes(base: string, key: string, range?: Range): Iterable<Change>;
  /** SHA-256 (hex) of the first `length` bytes as they are at the call, whatever is written meanwhile. */
  sha256(key: string, length?: number): Promise<string>;
  /** Closes all files. */
  close(): void;
}

interface Volume extends VolumeFacts {
  /** Where writes go; undefined until this run's first write, and again after each snapshot. */
  layer?: number | undefined;
}

/** @param dir of the layers' files */
export function createVolumes(dir: string, state: State, clock: Pick<Clock, 'now'>): Volumes {
  const files = new LayerFiles(dir);
  const table = createVolumeTable(state);
  const loaded = table.load();
  const volumes: Map<string, Volume> = loaded.volumes;
  const forest = new LayerForest(loaded.nodes);
  const named = new Set(forest.layers());
  // What a killed run wrote and never acknowledged.
  for (const layer of files.layers()) if (!named.has(layer)) files.remove(layer);
  let nextLayer = Math.max(0, ...named) + 1;

  const volume = (key: string): Volume => {
    const found = volumes.get(key.toLowerCase());
    if (!found) throw new Error(`there is no disk content for ${key}`);
    return found;
  };

  const inside = (v: Volume, offset: number, length: number) => {
    if (offset < 0 || length < 0 || offset + length > v.size) {
      throw new RangeError(`${offset}+${length} lies outside a disk of ${v.size} bytes`);
    }
  };

  /** Writes down what changed of a volume and of the maps. */
  const save = (key: string, v: Volume | undefined) => {
    const changed = forest.takeChanges();
    table.save([[key.toLowerCase(), v]], changed);
    for (const layer of changed.unusedLayers) files.remove(layer);
  };

  /** Changes a range's layer and counts that as a change of content. */
  const overlay = (key: string, v: Volume, offset: number, length: number, layer: number | undefined) => {
    v.root = forest.overlay(v.root, offset, length, layer);
    v.version += 1;
    v.modified = clock.now();
    save(key, v);
  };

  /** The bytes widened to whole sectors. */
  const widened = (v: Volume, offset: number, bytes: Uint8Array): { start: number; bytes: Uint8Array } => {
    const start = offset - (offset % SECTOR);
    const end = Math.ceil((offset + bytes.length) / SECTOR) * SECTOR;
    if (start === offset && end === offset + bytes.length) return { start, bytes };
    const whole = Buffer.alloc(end - start);
    for (const edge of new Set([start, end - SECTOR])) {
      for (const piece of pieces(v.root, { offset: edge, length: SECTOR })) {
        if (piece.layer === undefined) continue;
        files.readSync(
          piece.layer,
          piece.offset,
          whole.subarray(piece.offset - start, piece.offset - start + piece.length),
        );
      }
    }
    whole.set(bytes, offset - start);
    return { start, bytes: whole };
  };

  const api: Volumes = {
    has: (key) => volumes.has(key.toLowerCase()),
    keys: () => [...volumes.keys()],
    size: (key) => volume(key).size,
    version: (key) => volume(key).version,
    modified: (key) => volume(key).modified,
    create(key, size) {
      if (size <= 0 || size % SECTOR !== 0) throw new RangeError(`a disk of ${size} bytes is not made of sectors`);
      const old = volumes.get(key.toLowerCase());
      forest.release(old?.root);
      const made: Volume = { size, root: undefined, version: (old?.version ?? 0) + 1, modified: clock.now() };
      volumes.set(key.toLowerCase(), made);
      save(key, made);
    },
    copy(from, to, size) {
      const source = volume(from);
      source.layer = undefined;
      const copied: Volume = {
        ...source,
        size: Math.max(size ?? 0, source.size),
        root: forest.share(source.root),
      };
      forest.release(volumes.get(to.toLowerCase())?.root);
      volumes.set(to.toLowerCase(), copied);
      save(to, copied);
    },
    reset(key, size) {
      volume(key);
      api.create(key, size);
    },
    grow(key, size) {
      const v = volume(key);
      if (size < v.size) throw new RangeError('a disk never shrinks');
      if (size === v.size) return;
      v.size = size;
      save(key, v);
    },
    delete(key) {
      forest.release(volumes.get(key.toLowerCase())?.root);
      volumes.delete(key.toLowerCase());
      save(key, undefined);
    },
    async read(key, offset, length) {
      const v = volume(key);
      inside(v, offset, length);
      const target = Buffer.alloc(length);
      const reads = [];
      for (const piece of pieces(v.root, { offset, length })) {
        if (piece.layer === undefined) continue;
        const start = piece.offset - offset;
        reads.push(files.read(piece.layer, piece.offset, target.subarray(start, start + piece.length)));
      }
      await Promise.all(reads);
      return target;
    },
    async write(key, offset, bytes) {
      const v = volume(key);
      inside(v, offset, bytes.length);
      if (bytes.length === 0) return;
      const whole = widened(v, offset, bytes);
      v.layer ??= nextLayer++;
      files.write(v.layer, whole.start, whole.bytes);
      overlay(key, v, whole.start, whole.bytes.length, v.layer);
    },
    clear(key, offset, length) {
      const v = volume(key);
      inside(v, offset, length);
      if (offset % SECTOR !== 0 || length % SECTOR !== 0) throw new RangeError('a cleared range is made of sectors');
      overlay(key, v, offset, length, undefined);
    },
    allocated(key, range) {
      const v = volume(key);
      return allocated(v.root, range ?? { offset: 0, length: v.size });
    },
    changes(base, key, range) {
      const v = volume(key);
      return changes(volume(base).root, v.root, range ?? { offset: 0, length: v.size });
    },
    async sha256(key, length) {
      const v = volume(key);
      inside(v, 0, length ?? v.size);
      v.layer = undefined; // Later writes go elsewhere: what is hashed stays as it is.
      const parts = [...pieces(v.root, { offset: 0, length: length ?? v.size })];
      const layers = new Set(parts.flatMap(({ layer }) => layer ?? []));
      const releases = [...layers].map((layer) => files.hold(layer));
      try {
        return await sha256OfPieces(
          parts.flatMap(({ offset, length, layer }): HashPiece[] =>
            layer === undefined ? [{ path: undefined, position: 0, length }] : files.parts(layer, offset, length),
          ),
        );
      } finally {
        for (const release of releases) release();
      }
    },
    close: () => files.close(),
  };
  return api;
}
