import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sha256OfPieces } from './hash.ts';
import { LayerFile } from './layerFile.ts';
import { allocated, changes, overlay, pieces, SECTOR } from './layers.ts';
import type { Change, LayerMap, Range } from './layers.ts';

interface Volume {
  size: number;
  map: LayerMap;
  /** Where writes go; undefined until the first write, and again after each snapshot. */
  layer: LayerFile | undefined;
  /** Grows with each change of content. */
  version: number;
}

/** Contents of all disks and snapshots of a world, by key. Copying is instant and costs nothing. */
export interface Volumes {
  has(key: string): boolean;
  size(key: string): number;
  version(key: string): number;
  create(key: string, size: number): void;
  /** `to` has what `from` has now; larger when `size` says so. The two are independent from here on. */
  copy(from: string, to: string, size?: number): void;
  /** Empties the volume and gives it another size. */
  reset(key: string, size: number): void;
  grow(key: string, size: number): void;
  delete(key: string): void;
  read(key: string, offset: number, length: number): Promise<Buffer>;
  /** Any alignment: the sectors at both ends are filled up with what they hold. */
  write(key: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** Aligned to sectors: those ranges read as zero and are no longer allocated. */
  clear(key: string, offset: number, length: number): void;
  allocated(key: string, range?: Range): Range[];
  /** What differs in `key` from its ancestor `base`, without reading data. */
  changes(base: string, key: string, range?: Range): Change[];
  /** SHA-256 (hex) of the first `length` bytes as they are at the call, whatever is written meanwhile. */
  sha256(key: string, length?: number): Promise<string>;
  /** Removes all files. */
  close(): void;
}

export function createVolumes(dir: string): Volumes {
  mkdirSync(dir, { recursive: true });
  const volumes = new Map<string, Volume>();
  const layers = new Map<number, LayerFile>();
  let nextLayer = 1;

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

  /** Layers that no map names any more go. */
  const collect = () => {
    const used = new Set<number>();
    for (const v of volumes.values()) {
      for (const extent of v.map) used.add(extent.layer);
      if (v.layer) used.add(v.layer.id);
    }
    for (const layer of layers.values()) {
      if (used.has(layer.id)) continue;
      layers.delete(layer.id);
      layer.remove();
    }
  };

  const writableLayer = (v: Volume): LayerFile => {
    if (!v.layer) {
      v.layer = new LayerFile(nextLayer, join(dir, `layer-${nextLayer}`), v.size);
      layers.set(v.layer.id, v.layer);
      nextLayer += 1;
    }
    return v.layer;
  };

  const readRange = async (v: Volume, offset: number, length: number): Promise<Buffer> => {
    inside(v, offset, length);
    const target = Buffer.alloc(length);
    const reads = [];
    for (const piece of pieces(v.map, offset, length)) {
      if (piece.layer === undefined) continue;
      const start = piece.offset - offset;
      reads.push(layers.get(piece.layer)!.read(piece.offset, target.subarray(start, start + piece.length)));
    }
    await Promise.all(reads);
    return target;
  };

  /** The bytes widened to whole sectors. */
  const widened = async (
    v: Volume,
    offset: number,
    bytes: Uint8Array,
  ): Promise<{ start: number; bytes: Uint8Array }> => {
    const start = offset - (offset % SECTOR);
    const end = Math.ceil((offset + bytes.length) / SECTOR) * SECTOR;
    if (start === offset && end === offset + bytes.length) return { start, bytes };
    const whole = await readRange(v, start, end - start);
    whole.set(bytes, offset - start);
    return { start, bytes: whole };
  };

  const api: Volumes = {
    has: (key) => volumes.has(key.toLowerCase()),
    size: (key) => volume(key).size,
    version: (key) => volume(key).version,
    create(key, size) {
      if (size <= 0 || size % SECTOR !== 0) throw new RangeError(`a disk of ${size} bytes is not made of sectors`);
      volumes.set(key.toLowerCase(), { size, map: [], layer: undefined, version: 1 });
    },
    copy(from, to, size) {
      const source = volume(from);
      source.layer = undefined;
      const map = source.map.map((extent) => ({ ...extent }));
      volumes.set(to.toLowerCase(), { size: Math.max(size ?? 0, source.size), map, layer: undefined, version: 1 });
      collect();
    },
    reset(key, size) {
      const { version } = volume(key);
      api.create(key, size);
      volume(key).version = version + 1;
      collect();
    },
    grow(key, size) {
      const v = volume(key);
      if (size < v.size) throw new RangeError('a disk never shrinks');
      if (size === v.size) return;
      v.size = size;
      v.layer = undefined;
    },
    delete(key) {
      volumes.delete(key.toLowerCase());
      collect();
    },
    read: (key, offset, length) => readRange(volume(key), offset, length),
    async write(key, offset, bytes) {
      const v = volume(key);
      inside(v, offset, bytes.length);
      if (bytes.length === 0) return;
      const whole = await widened(v, offset, bytes);
      // No await from here: the data and the map change together.
      const layer = writableLayer(v);
      layer.write(whole.start, whole.bytes);
      overlay(v.map, whole.start, whole.bytes.length, layer.id);
      v.version += 1;
    },
    clear(key, offset, length) {
      const v = volume(key);
      inside(v, offset, length);
      if (offset % SECTOR !== 0 || length % SECTOR !== 0) throw new RangeError('a cleared range is made of sectors');
      overlay(v.map, offset, length, undefined);
      v.version += 1;
    },
    allocated(key, range) {
      const v = volume(key);
      return allocated(v.map, range?.offset ?? 0, range?.length ?? v.size);
    },
    changes(base, key, range) {
      const v = volume(key);
      return changes(volume(base).map, v.map, range?.offset ?? 0, range?.length ?? v.size);
    },
    async sha256(key, length) {
      const v = volume(key);
      inside(v, 0, length ?? v.size);
      v.layer = undefined; // Later writes go elsewhere: what is hashed stays as it is.
      const parts = [...pieces(v.map, 0, length ?? v.size)];
      const used = [...new Set(parts.map((p) => p.layer))].flatMap((id) => (id === undefined ? [] : [layers.get(id)!]));
      const releases = used.map((layer) => layer.hold());
      try {
        return await sha256OfPieces(
          parts.map((p) => ({
            offset: p.offset,
            length: p.length,
            descriptor: p.layer === undefined ? undefined : layers.get(p.layer)!.descriptor,
          })),
        );
      } finally {
        for (const release of releases) release();
      }
    },
    close() {
      volumes.clear();
      collect();
    },
  };
  return api;
}
