import type { State } from '../../core/state.ts';
import { FAN_OUT } from './layerTree.ts';
import type { LayerNode, Root } from './layerTree.ts';
import type { ForestChanges } from './layerForest.ts';
import type { LayerExtent } from './layers.ts';

/** What is known of a volume beside its data. */
export interface VolumeFacts {
  size: number;
  root: Root;
  /** Grows with each change of content. */
  version: number;
  /** When the content last changed, in milliseconds since the epoch. */
  modified: number;
}

/** The volumes and their maps in the world's database: a change writes the nodes that it touched, never a whole map. */
export interface VolumeTable {
  /** What an earlier run left. */
  load(): { volumes: Map<string, VolumeFacts>; nodes: Iterable<LayerNode> };
  /** All of it or nothing. `facts` undefined: the volume is gone. */
  save(volumes: [key: string, facts: VolumeFacts | undefined][], changes: ForestChanges): void;
}

interface NodeRow {
  id: number;
  leaf: number;
  body: Uint8Array;
}

interface VolumeRow {
  key: string;
  size: number;
  root: number | null;
  version: number;
  modified: number;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS disk_volumes (
    key TEXT PRIMARY KEY, size INTEGER NOT NULL, root INTEGER, version INTEGER NOT NULL, modified INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS disk_nodes (id INTEGER PRIMARY KEY, leaf INTEGER NOT NULL, body BLOB NOT NULL)`;

export function createVolumeTable(state: State): VolumeTable {
  const { database } = state;
  database.exec(TABLES);
  const putVolume = database.prepare(
    `INSERT INTO disk_volumes (key, size, root, version, modified) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET size = excluded.size, root = excluded.root, version = excluded.version,
       modified = excluded.modified`,
  );
  const dropVolume = database.prepare('DELETE FROM disk_volumes WHERE key = ?');
  const putNode = database.prepare(
    'INSERT INTO disk_nodes (id, leaf, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
  );
  const dropNode = database.prepare('DELETE FROM disk_nodes WHERE id = ?');

  return {
    load() {
      const rows = database.prepare('SELECT id, leaf, body FROM disk_nodes').all() as unknown as NodeRow[];
      const nodes = linked(rows);
      const volumes = new Map<string, VolumeFacts>();
      for (const { key, root, ...facts } of database
        .prepare('SELECT key, size, root, version, modified FROM disk_volumes')
        .all() as unknown as VolumeRow[]) {
        volumes.set(key, { ...facts, root: root === null ? undefined : owned(nodes, root) });
      }
      return { volumes, nodes: nodes.values() };
    },
    save(volumes, { saved, dropped }) {
      state.transaction(() => {
        for (const node of saved) putNode.run(node.id, node.extents ? 1 : 0, bodyOf(node));
        for (const id of dropped) dropNode.run(id);
        for (const [key, facts] of volumes) {
          if (!facts) dropVolume.run(key);
          else putVolume.run(key, facts.size, facts.root?.id ?? null, facts.version, facts.modified);
        }
      });
    },
  };
}

/** Nodes of their rows, with their children and counts. */
function linked(rows: NodeRow[]): Map<number, LayerNode> {
  const nodes = new Map<number, LayerNode>();
  for (const { id, leaf, body } of rows) {
    nodes.set(id, { id, refs: 0, extents: leaf ? extentsIn(body) : undefined, children: undefined });
  }
  for (const { id, leaf, body } of rows) {
    if (!leaf) nodes.get(id)!.children = numbersIn(body).map((child) => (child ? owned(nodes, child) : undefined));
  }
  return nodes;
}

function owned(nodes: Map<number, LayerNode>, id: number): LayerNode {
  const node = nodes.get(id);
  if (!node) throw new Error(`The state folder is damaged: part ${id} of a disk's map is missing.`);
  node.refs += 1;
  return node;
}

/** A leaf's extents as triples, a branch's children as ids (0: none); doubles in the machine's order. */
function bodyOf(node: LayerNode): Uint8Array {
  const numbers = node.extents
    ? node.extents.flatMap(({ offset, length, layer }) => [offset, length, layer])
    : Array.from({ length: FAN_OUT }, (_, i) => node.children![i]?.id ?? 0);
  return new Uint8Array(new Float64Array(numbers).buffer);
}

function numbersIn(body: Uint8Array): number[] {
  return [...new Float64Array(body.slice().buffer)];
}

function extentsIn(body: Uint8Array): LayerExtent[] {
  const numbers = numbersIn(body);
  return Array.from({ length: numbers.length / 3 }, (_, i) => {
    const [offset, length, layer] = numbers.slice(i * 3, i * 3 + 3);
    return { offset: offset!, length: length!, layer: layer! };
  });
}
