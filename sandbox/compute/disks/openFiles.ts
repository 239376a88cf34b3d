import { closeSync, constants, openSync, rmSync } from 'node:fs';

/** Open at once; a thousand snapshots have a thousand files. */
const MOST_OPEN = 64;

interface OpenFile {
  fd: number;
  users: number;
}

/** Files by path, of which the most recently used stay open. */
export class OpenFiles {
  #open = new Map<string, OpenFile>();

  /** Runs `work` with the file's descriptor, which stays open until it has ended. The file is made when absent. */
  use<T>(path: string, work: (fd: number) => T): T {
    const file = this.#take(path);
    let result: T;
    try {
      result = work(file.fd);
    } catch (error) {
      file.users -= 1;
      throw error;
    }
    const done = () => void (file.users -= 1);
    if (result instanceof Promise) result.then(done, done);
    else done();
    return result;
  }

  /** Closes and removes a file that nobody uses. */
  remove(path: string): void {
    this.#close(path);
    rmSync(path, { force: true });
  }

  close(): void {
    for (const path of [...this.#open.keys()]) this.#close(path);
  }

  #take(path: string): OpenFile {
    const known = this.#open.get(path);
    const file = known ?? { fd: openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600), users: 0 };
    this.#open.delete(path);
    this.#open.set(path, file);
    file.users += 1;
    if (!known) this.#closeOldest();
    return file;
  }

  #closeOldest(): void {
    for (const [path, { users }] of this.#open) {
      if (this.#open.size <= MOST_OPEN) return;
      if (users === 0) this.#close(path);
    }
  }

  #close(path: string): void {
    const file = this.#open.get(path);
    if (!file) return;
    this.#open.delete(path);
    closeSync(file.fd);
  }
}
