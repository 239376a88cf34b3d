import { extentsOf, holds, overlay } from './layers.ts';
import type { LayerMap } from './layers.ts';
import { FAN_OUT, ROOT_SPAN } from './layerTree.ts';
import type { LayerNode, Root } from './layerTree.ts';

/** Extents of a leaf; one more, and it becomes a branch. */
const LEAF_MAX = 64;
/** Leaves of this span are never split: they have too few sectors for many extents. */
const LEAST_SPAN = 2 ** 14;

/** What one operation changed: to be written down together. */
export interface ForestChanges {
  saved: LayerNode[];
  dropped: number[];
  /** Layers that no map names any more. */
  unusedLayers: number[];
}

/**
 * The maps of all volumes of a world, sharing nodes. A shared node is copied before it is changed, one with a single
 * owner is changed in place; owners are counted, so that the last one's end frees nodes and layers without a search.
 */
export class LayerForest {
  #nextId: number;
  #layers = new Map<number, number>();
  #saved = new Set<LayerNode>();
  #dropped = new Set<number>();
  #lessUsed = new Set<number>();

  /** @param nodes what an earlier run left, with its counts */
  constructor(nodes: Iterable<LayerNode> = []) {
    let last = 0;
    for (const node of nodes) {
      last = Math.max(last, node.id);
      this.#count(node.extents ?? [], 1);
    }
    this.#nextId = last + 1;
  }

  /** Layers that maps name. */
  layers(): Iterable<number> {
    return this.#layers.keys();
  }

  /** One more owner. */
  share(root: Root): Root {
    if (root) root.refs += 1;
    return root;
  }

  /** One owner less. */
  release(root: Root): void {
    if (!root) return;
    root.refs -= 1;
    if (root.refs > 0) return;
    this.#saved.delete(root);
    this.#dropped.add(root.id);
    this.#count(root.extents ?? [], -1);
    for (const child of root.children ?? []) this.release(child);
  }

  /** Puts a range into a map: held by `layer`, or by none. Takes the owner's root and gives it its new one. */
  overlay(root: Root, offset: number, length: number, layer: number | undefined): Root {
    return length === 0 ? root : this.#put(root, 0, ROOT_SPAN, { offset, length, layer });
  }

  /** What has changed since the last call. */
  takeChanges(): ForestChanges {
    const unusedLayers = [...this.#lessUsed].filter((layer) => !this.#layers.has(layer));
    const changes = { saved: [...this.#saved], dropped: [...this.#dropped], unusedLayers };
    for (const set of [this.#saved, this.#dropped, this.#lessUsed]) set.clear();
    return changes;
  }

  #put(node: Root, start: number, span: number, piece: { offset: number; length: number; layer: number | undefined }) {
    const offset = Math.max(piece.offset, start);
    const length = Math.min(piece.offset + piece.length, start + span) - offset;
    const { layer } = piece;
    if (length <= 0) return node;
    if (!node || length === span) {
      this.release(node);
      return layer === undefined ? undefined : this.#leaf([{ offset, length, layer }]);
    }
    if (node.extents && holds(node.extents, offset, length, layer)) return node;
    const own = this.#own(node);
    if (own.extents) return this.#write(own, overlay(own.extents, offset, length, layer), start, span);
    const width = span / FAN_OUT;
    const first = Math.floor((offset - start) / width);
    for (let i = first; i < FAN_OUT && start + i * width < offset + length; i += 1) {
      const before = own.children![i];
      own.children![i] = this.#put(before, start + i * width, width, piece);
      if (own.children![i] !== before) this.#saved.add(own);
    }
    if (own.children!.some((child) => child)) return own;
    this.release(own);
    return undefined;
  }

  /** The node itself when it has one owner, else a copy for this one. */
  #own(node: LayerNode): LayerNode {
    if (node.refs === 1) return node;
    node.refs -= 1;
    for (const child of node.children ?? []) this.share(child);
    return this.#make(node.extents, node.children && [...node.children]);
  }

  #write(leaf: LayerNode, extents: LayerMap, start: number, span: number): Root {
    if (extents.length === 0) {
      this.release(leaf);
      return undefined;
    }
    if (extents.length > LEAF_MAX && span > LEAST_SPAN) {
      this.release(leaf);
      return this.#split(extents, start, span);
    }
    this.#count(extents, 1);
    this.#count(leaf.extents!, -1);
    leaf.extents = extents;
    this.#saved.add(leaf);
    return leaf;
  }

  #split(extents: LayerMap, start: number, span: number): LayerNode {
    const width = span / FAN_OUT;
    const children = Array.from({ length: FAN_OUT }, (_, i) => {
      const within = [...extentsOf(extents, start + i * width, start + (i + 1) * width)];
      if (within.length === 0) return undefined;
      // All of them may lie in one sixteenth.
      return within.length > LEAF_MAX && width > LEAST_SPAN
        ? this.#split(within, start + i * width, width)
        : this.#leaf(within);
    });
    return this.#make(undefined, children);
  }

  #leaf(extents: LayerMap): LayerNode {
    return this.#make(extents, undefined);
  }

  #make(extents: LayerMap | undefined, children: Root[] | undefined): LayerNode {
    const node: LayerNode = { id: this.#nextId++, refs: 1, extents, children };
    this.#count(extents ?? [], 1);
    this.#saved.add(node);
    return node;
  }

  #count(extents: LayerMap, by: 1 | -1): void {
    for (const { layer } of extents) {
      const count = (this.#layers.get(layer) ?? 0) + by;
      if (count > 0) this.#layers.set(layer, count);
      else this.#layers.delete(layer);
      if (by < 0) this.#lessUsed.add(layer);
    }
  }
}
