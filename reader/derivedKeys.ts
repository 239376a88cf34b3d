import { derive } from './crypto.ts';

/** The keys of one repository, all made of its master key (docs/format.md, 3). */
export interface Keys {
  /** The repository's id, 16 bytes. */
  repository: Buffer;
  /** Of identities. */
  block: Buffer;
  page: Buffer;
  pack(pack: string): Buffer;
  object(salt: Buffer): Buffer;
}

export function keysOf(master: Buffer, repository: Buffer): Keys {
  return {
    repository,
    block: derive(master, repository, 'strongroom/1/block-id'),
    page: derive(master, repository, 'strongroom/1/page-id'),
    pack: (pack) => derive(master, repository, 'strongroom/1/pack', Buffer.from(pack, 'hex')),
    object: (salt) => derive(master, repository, 'strongroom/1/object', salt),
  };
}
