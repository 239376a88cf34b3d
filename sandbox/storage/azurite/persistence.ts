import { DatabaseSync } from 'node:sqlite';
import { deserialize, serialize } from 'node:v8';

/**
 * Azurite keeps its metadata in LokiJS, in memory, and writes all of it to a JSON file every five seconds: a killed
 * process forgets what it has acknowledged. Here each changed document goes to an SQLite file of the same name, in one
 * transaction before an answer's head is sent ({@link flushChanges}). The file is the operating system's to write to
 * disk: it survives the process, as the world's other files do.
 */

type Doc = Record<string, unknown> & { $loki: number };

interface Collection {
  name: string;
  data: Doc[];
  maxId: number;
  uniqueNames: string[];
  idIndex: number[];
  ensureAllIndexes(force: boolean): void;
  ensureUniqueIndex(field: string): void;
  insertOne(doc: object, bulk?: boolean): Doc | undefined;
  update(doc: Doc | Doc[]): unknown;
  remove(doc: Doc | Doc[] | number): unknown;
  removeBatchByPositions(positions: number[]): unknown;
}

interface Loki {
  filename: string;
  collections: Collection[];
  addCollection(name: string, options?: object): Collection;
  removeCollection(name: string): void;
  loadDatabase(options: object, done: (error?: Error) => void): void;
  saveDatabase(done?: (error?: Error) => void): void;
  close(done?: (error?: Error) => void): void;
}

const LOCK_WAIT_MS = 20_000;

const journals = new Map<string, Journal>();

/** Writes down what all databases have changed. Must run before a client is told that a change has been made. */
export function flushChanges(): void {
  for (const journal of journals.values()) journal.flush();
}

/** Makes every LokiJS database of this process keep its documents in SQLite. */
export function persistLoki(loki: { prototype: Loki }): void {
  const { prototype } = loki;
  const { addCollection, removeCollection } = prototype;
  prototype.addCollection = function (name, options = {}) {
    if (this.collections.some((existing) => existing.name === name)) return addCollection.call(this, name, options);
    const journal = journalOf(this.filename);
    const collection = addCollection.call(this, name, options);
    fill(collection, journal.read(name));
    journal.addCollection(name, options);
    record(collection, journal);
    return collection;
  };
  prototype.removeCollection = function (name) {
    journalOf(this.filename).removeCollection(name);
    removeCollection.call(this, name);
  };
  prototype.loadDatabase = function (_options, done) {
    for (const { name, options } of journalOf(this.filename).collections()) this.addCollection(name, options);
    done();
  };
  prototype.saveDatabase = function (done) {
    journalOf(this.filename).flush();
    done?.();
  };
  prototype.close = function (done) {
    journalOf(this.filename).flush();
    done?.();
  };
}

function fill(collection: Collection, docs: Doc[]): void {
  if (docs.length === 0) return;
  collection.data = docs;
  collection.maxId = docs.at(-1)!.$loki;
  collection.idIndex = docs.map(({ $loki }) => $loki);
  collection.ensureAllIndexes(true);
  for (const field of collection.uniqueNames) collection.ensureUniqueIndex(field);
}

function record(collection: Collection, journal: Journal): void {
  const { insertOne, update, remove, removeBatchByPositions } = collection;
  const { name } = collection;
  collection.insertOne = function (doc, bulk) {
    const inserted = insertOne.call(this, doc, bulk);
    if (inserted) journal.change(name, inserted.$loki, inserted);
    return inserted;
  };
  collection.update = function (doc) {
    const updated = update.call(this, doc);
    // An array comes back here, one document at a time.
    if (!Array.isArray(doc)) journal.change(name, doc.$loki, doc);
    return updated;
  };
  collection.remove = function (doc) {
    const id = typeof doc === 'number' ? doc : Array.isArray(doc) ? undefined : doc.$loki;
    const removed = remove.call(this, doc);
    if (id !== undefined) journal.change(name, id, undefined);
    return removed;
  };
  collection.removeBatchByPositions = function (positions) {
    const ids = positions.map((position) => this.data[position]!.$loki);
    const removed = removeBatchByPositions.call(this, positions);
    for (const id of ids) journal.change(name, id, undefined);
    return removed;
  };
}

function journalOf(file: string): Journal {
  const journal = journals.get(file) ?? openJournal(file);
  journals.set(file, journal);
  return journal;
}

type Journal = ReturnType<typeof openJournal>;

function openJournal(file: string) {
  // A killed world's Azurite may need a moment to notice: its lock is waited for.
  const database = new DatabaseSync(file, { timeout: LOCK_WAIT_MS });
  database.exec(
    `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
     CREATE TABLE IF NOT EXISTS collections (name TEXT PRIMARY KEY, options TEXT NOT NULL);
     CREATE TABLE IF NOT EXISTS documents
       (collection TEXT NOT NULL, id INTEGER NOT NULL, document BLOB NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID`,
  );
  const put = database.prepare('INSERT OR REPLACE INTO documents (collection, id, document) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM documents WHERE collection = ? AND id = ?');
  /** By collection: the documents changed since the last flush; undefined: removed. */
  let pending = new Map<string, Map<number, Doc | undefined>>();

  return {
    read: (collection: string): Doc[] =>
      database
        .prepare('SELECT document FROM documents WHERE collection = ? ORDER BY id')
        .all(collection)
        .map((row) => deserialize(row.document as Uint8Array) as Doc),
    collections: () =>
      database
        .prepare('SELECT name, options FROM collections')
        .all()
        .map((row) => ({ name: row.name as string, options: JSON.parse(row.options as string) as object })),
    addCollection(name: string, options: object): void {
      database
        .prepare('INSERT OR REPLACE INTO collections (name, options) VALUES (?, ?)')
        .run(name, JSON.stringify(options));
    },
    removeCollection(name: string): void {
      pending.delete(name);
      database.prepare('DELETE FROM documents WHERE collection = ?').run(name);
      database.prepare('DELETE FROM collections WHERE name = ?').run(name);
    },
    change(collection: string, id: number, doc: Doc | undefined): void {
      const changes = pending.get(collection) ?? new Map<number, Doc | undefined>();
      pending.set(collection, changes.set(id, doc));
    },
    flush(): void {
      if (pending.size === 0) return;
      const changes = pending;
      pending = new Map();
      database.exec('BEGIN');
      for (const [collection, docs] of changes) {
        for (const [id, doc] of docs) {
          if (doc) put.run(collection, id, serialize(doc));
          else remove.run(collection, id);
        }
      }
      database.exec('COMMIT');
    },
  };
}
