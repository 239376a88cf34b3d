import { closeSync, ftruncateSync, openSync, read, unlinkSync, writeSync } from 'node:fs';

/**
 * One layer: a sparse file in which a byte stands at the same offset as on the disk. Writes are synchronous, so that
 * a snapshot taken in the same process can never fall into the middle of one.
 */
export class LayerFile {
  readonly id: number;
  readonly #path: string;
  readonly #fd: number;
  #users = 0;
  #removed = false;

  constructor(id: number, path: string, size: number) {
    this.id = id;
    this.#path = path;
    this.#fd = openSync(path, 'wx+', 0o600);
    ftruncateSync(this.#fd, size);
  }

  write(offset: number, bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) done += writeSync(this.#fd, bytes, done, bytes.length - done, offset + done);
  }

  /** Fills `target` from `offset`. */
  async read(offset: number, target: Uint8Array): Promise<void> {
    const release = this.hold();
    try {
      let done = 0;
      while (done < target.length) {
        const count = await readOnce(this.#fd, target, done, offset + done);
        if (count === 0) throw new Error(`layer ${this.id} ends before ${offset + target.length}`);
        done += count;
      }
    } finally {
      release();
    }
  }

  /** Keeps the descriptor open until released, also when the layer is removed meanwhile. */
  hold(): () => void {
    this.#users += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#users -= 1;
      this.#closeWhenUnused();
    };
  }

  get descriptor(): number {
    return this.#fd;
  }

  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    unlinkSync(this.#path);
    this.#closeWhenUnused();
  }

  #closeWhenUnused(): void {
    if (this.#removed && this.#users === 0) closeSync(this.#fd);
  }
}

function readOnce(fd: number, target: Uint8Array, at: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, target, at, target.length - at, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
