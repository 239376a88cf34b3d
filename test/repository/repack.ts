import { writeForward } from '../../repository/format/forward.ts';
import type { NewPlace } from '../../repository/format/forward.ts';
import { forwardName, packName } from '../../repository/format/layout.ts';
import type { PackKind } from '../../repository/format/layout.ts';
import { openPart, PackBuilder, PACK_HEAD_BYTES, readDirectory } from '../../repository/format/pack.ts';
import type { Secrets } from '../../repository/format/secrets.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import { seededRandom } from './fixtures.ts';

const random = seededRandom('forwards');

/** Copies the parts of a pack into a new one, in another order, and writes the forward. @returns the new pack */
export async function repack(store: ObjectStore, secrets: Secrets, kind: PackKind, pack: string): Promise<string> {
  const { data } = await store.get(packName(kind, pack));
  let offset = PACK_HEAD_BYTES;
  const parts = readDirectory(secrets, kind, pack, data).map(({ length, identity }) => {
    const part = { offset, length, identity };
    offset += length;
    return part;
  });
  const builder = new PackBuilder(kind, random(16), secrets);
  const places = new Map<number, NewPlace>();
  for (const part of parts.reverse()) {
    const sealed = data.subarray(part.offset, part.offset + part.length);
    const role = kind === 'data' ? 'block' : 'page';
    const framed = openPart(secrets, secrets.packKey(pack), role, { pack, offset: part.offset }, sealed);
    const ref = builder.add([framed.subarray(0, 1), framed.subarray(1)], part.identity);
    places.set(part.offset, { pack: ref.pack, offset: ref.offset, length: ref.length });
  }
  await store.put(packName(kind, builder.pack), builder.finish());
  await forward(store, secrets, kind, pack, places);
  return builder.pack;
}

/** Writes a forward by hand. @returns its name */
export async function forward(
  store: ObjectStore,
  secrets: Secrets,
  kind: PackKind,
  pack: string,
  places: Map<number, NewPlace>,
) {
  const id = random(16).toString('hex');
  const name = forwardName(kind, pack, id);
  await store.put(name, [writeForward(secrets, { kind, pack, forward: id }, places, random(32))]);
  return name;
}
