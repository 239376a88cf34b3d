import { getCompileCacheDir } from 'node:module';
import { dirname, extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StrongroomError } from '../../model/errors.ts';

/** Tasks that a thread has at once: the next one is there when it ends one. */
const DEPTH = 2;

/** What a thread is sent. */
export interface Request {
  id: number;
  operation: string;
  task: object;
  /** Buffers of the task that nobody needs when it is done. */
  transfer: readonly ArrayBuffer[];
}

export interface Answer {
  id: number;
  result?: unknown;
  /** Why the operation threw. */
  error?: string;
}

interface Job extends Omit<Request, 'id'> {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Thread {
  worker: Worker;
  /** By number of the request. */
  jobs: Map<number, Job>;
}

/** The program of a thread: beside this file as TypeScript, beside the bundle as built. */
const laneThread = new URL(`./laneThread${extname(import.meta.url)}`, import.meta.url);

/**
 * Threads that do tasks in the order in which they come. Begun when there is work, kept until the process ends, which they do not
 * hold up unless they have work.
 */
export class Threads {
  readonly width: number;
  readonly #program: URL;
  readonly #threads = new Set<Thread>();
  readonly #queue: Job[] = [];
  #requests = 0;

  constructor(width: number, program = laneThread) {
    this.width = width;
    this.#program = program;
  }

  /** Begins all threads: they load their program while something else is waited for. */
  begin(): void {
    while (this.#threads.size < this.width) this.#begin();
  }

  /** @throws INTERNAL when the operation threw or the thread died */
  run(operation: string, task: object, transfer: readonly ArrayBuffer[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ operation, task, transfer, resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#available();
      const job = thread && this.#queue.shift();
      if (!job) return;
      this.#post(thread, job);
    }
  }

  /** The thread with the least to do, a new one if all have work; none when all have enough. */
  #available(): Thread | undefined {
    const least = [...this.#threads].sort((a, b) => a.jobs.size - b.jobs.size).at(0);
    if (least?.jobs.size === 0) return least;
    if (this.#threads.size < this.width) return this.#begin();
    return least && least.jobs.size < DEPTH ? least : undefined;
  }

  #begin(): Thread {
    const worker = new Worker(this.#program, {
      env: withCompileCache(process.env),
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    const thread: Thread = { worker, jobs: new Map() };
    this.#threads.add(thread);
    worker.unref();
    worker.on('message', (answer: Answer) => {
      const job = thread.jobs.get(answer.id);
      thread.jobs.delete(answer.id);
      if (thread.jobs.size === 0) worker.unref();
      if (job) settle(job, answer);
      this.#dispatch();
    });
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.on('exit', (code) => {
      this.#threads.delete(thread);
      const error = new StrongroomError('INTERNAL', `A thread of the repository ended with code ${code}.`, { cause });
      for (const { reject } of thread.jobs.values()) reject(error);
      this.#dispatch();
    });
    return thread;
  }

  #post({ worker, jobs }: Thread, job: Job): void {
    const id = this.#requests++;
    const { operation, task, transfer } = job;
    const request: Request = { id, operation, task, transfer };
    if (jobs.size === 0) worker.ref();
    jobs.set(id, job);
    worker.postMessage(request, transfer);
  }
}

/** A thread has a compile cache only when the environment says so. With the one of this process it begins in half the time. */
function withCompileCache(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir(); // In the folder that was asked for, one of this version of Node.js.
  return folder ? { ...env, NODE_COMPILE_CACHE: dirname(folder) } : env;
}

/** Bounds what a thread leaves behind between two collections: results of zstd and AES, a block each. */
const YOUNG_MIB = 2;

function settle(job: Job, { result, error }: Answer): void {
  if (error === undefined) job.resolve(result);
  else job.reject(new StrongroomError('INTERNAL', `A thread of the repository failed: ${error}`));
}
