import { createHash } from 'node:crypto';
import { StrongroomError } from '../../model/errors.ts';
import type { ObjectInfo, ObjectStore, PutOptions } from '../ports.ts';

/**
 * Objects in memory. `now` is the store's own time in milliseconds, as a server has its own: the last-modified of
 * what is written, and what locks are held against. A locked object can be neither deleted nor overwritten.
 */
export function memoryStore(now: () => number = Date.now): ObjectStore {
  const objects = new Map<string, { data: Buffer; info: ObjectInfo }>();
  let writes = 0;

  const find = (name: string) => {
    const found = objects.get(name);
    if (!found) throw new StrongroomError('NOT_FOUND', `There is no object ${name} in memory.`);
    return found;
  };

  const check = (name: string, options: Pick<PutOptions, 'ifAbsent' | 'ifMatch'>) => {
    const etag = objects.get(name)?.info.etag;
    if ((options.ifAbsent && etag !== undefined) || (options.ifMatch !== undefined && etag !== options.ifMatch)) {
      throw new StrongroomError('ALREADY_EXISTS', `The object ${name} in memory is not as the condition expects.`);
    }
  };

  const refuseLocked = (name: string) => {
    const until = objects.get(name)?.info.lockedUntil;
    if (until === undefined || Date.parse(until) <= now()) return;
    const message = `The object ${name} in memory is locked until ${until}.`;
    throw new StrongroomError('AZURE_REFUSED', message, {
      details: { status: '409', code: 'BlobImmutableDueToPolicy' },
    });
  };

  return {
    location: 'memory',
    async get(name, range) {
      const { data, info } = find(name);
      const part = range ? data.subarray(range.offset, range.offset + range.length) : data;
      return { data: Buffer.from(part), info };
    },
    async put(name, parts, options = {}) {
      options.signal?.throwIfAborted();
      check(name, options);
      refuseLocked(name);
      const data = Buffer.concat(parts);
      const etag = createHash('sha256').update(`${++writes}`).digest('hex').slice(0, 16);
      const info = { name, size: data.length, etag, modified: new Date(now()).toISOString() };
      objects.set(name, { data, info });
      return info;
    },
    async head(name) {
      return find(name).info;
    },
    async *list(prefix) {
      const names = [...objects.keys()].filter((name) => name.startsWith(prefix)).sort();
      for (const name of names) {
        const found = objects.get(name);
        if (found) yield found.info;
      }
    },
    async delete(name, options = {}) {
      check(name, options);
      refuseLocked(name);
      objects.delete(name);
    },
    async lock(name, until) {
      const { data, info } = find(name);
      if (info.lockedUntil !== undefined && Date.parse(info.lockedUntil) >= Date.parse(until)) return;
      objects.set(name, { data, info: { ...info, lockedUntil: new Date(until).toISOString() } });
    },
  };
}
