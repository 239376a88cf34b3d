import { constants, generateKeyPair, privateDecrypt, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/**
 * What vaults hold: RSA keys and secrets with their versions, in memory. Keys never leave; wrap and unwrap happen here.
 */
export interface KeyVersion {
  version: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  keySize: number;
  keyOps: string[];
  enabled: boolean;
  /** Seconds since the epoch. */
  created: number;
}

export interface SecretVersion {
  version: string;
  value: string;
  contentType?: string;
  tags?: Record<string, string>;
  created: number;
}

/** RSA encryption schemes of the keys API (JSON Web Algorithms names). */
export const wrapAlgorithms = {
  'RSA-OAEP': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
  'RSA-OAEP-256': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
} as const;
export type WrapAlgorithm = keyof typeof wrapAlgorithms;

const makeKeyPair = promisify(generateKeyPair);

class Versions<T extends { version: string }> {
  private readonly byName = new Map<string, T[]>();

  add(name: string, version: T): T {
    const list = this.byName.get(name.toLowerCase()) ?? [];
    list.push(version);
    this.byName.set(name.toLowerCase(), list);
    return version;
  }

  /** The version asked for, or the newest. */
  get(name: string, version?: string): T | undefined {
    const list = this.byName.get(name.toLowerCase());
    return version ? list?.find((v) => v.version === version) : list?.at(-1);
  }

  names(): string[] {
    return [...this.byName.keys()];
  }
}

export class VaultContents {
  readonly keys = new Versions<KeyVersion>();
  readonly secrets = new Versions<SecretVersion>();

  async createKey(name: string, options: { keySize: number; keyOps: string[]; now: number }): Promise<KeyVersion> {
    const { privateKey, publicKey } = await makeKeyPair('rsa', { modulusLength: options.keySize });
    return this.keys.add(name, {
      version: randomBytes(16).toString('hex'),
      privateKey,
      publicKey,
      keySize: options.keySize,
      keyOps: options.keyOps,
      enabled: true,
      created: Math.floor(options.now / 1000),
    });
  }

  setSecret(name: string, secret: Omit<SecretVersion, 'version' | 'created'>, now: number): SecretVersion {
    return this.secrets.add(name, {
      ...secret,
      version: randomBytes(16).toString('hex'),
      created: Math.floor(now / 1000),
    });
  }
}

export function wrap(key: KeyVersion, algorithm: WrapAlgorithm, plain: Buffer): Buffer {
  return publicEncrypt({ key: key.publicKey, ...wrapAlgorithms[algorithm] }, plain);
}

/** @throws when the bytes were not wrapped with this key version. */
export function unwrap(key: KeyVersion, algorithm: WrapAlgorithm, wrapped: Buffer): Buffer {
  return privateDecrypt({ key: key.privateKey, ...wrapAlgorithms[algorithm] }, wrapped);
}
