import type { FaultPoint } from './faultPoints.ts';
import { createCounter, type Counter, type Occurrence } from './occurrence.ts';
import { matches, matchesPath, type Pattern } from './pattern.ts';

/**
 * A fault of the network: which requests it meets, and what happens to them. Of `drop`, `answer`, `throttle`, `lost`,
 * `truncate` and `duplicate` at most one; `delayMs` and `kill` go with any of them or stand alone.
 */
export interface RequestFault extends Occurrence {
  /** Caller id; any when absent. */
  caller?: Pattern;
  /** Host name. */
  host?: Pattern;
  method?: string;
  /** Of a text: the path, and the query too when the pattern has a `?`. Of a RegExp: path and query as sent. */
  path?: Pattern;
  /** Waits this long (real time) before anything else. */
  delayMs?: number;
  /** Cuts the connection; no service sees the request. */
  drop?: boolean;
  /** Answers in the service's place. An object becomes JSON. */
  answer?: { status: number; body?: unknown; headers?: Record<string, string> };
  /** Answers in the service's place that too many requests came (429 unless told), in the service's form. */
  throttle?: { status?: 429 | 503; retryAfterSeconds: number };
  /** The service does its work, then the connection is cut without an answer. */
  lost?: boolean;
  /** Cuts the connection after so many bytes of the answer's body. A shorter body passes whole. */
  truncate?: number;
  /** The service gets the request twice, one after the other; the second answer is given. */
  duplicate?: boolean;
  /** Kills a process as SIGKILL does, before the service sees the request; with `lost`, after its work. */
  kill?: Victim;
}

/** A fault inside a service, at a point where it asks. */
export interface PointFault extends Occurrence {
  point: FaultPoint;
  /** Facts that must be so; facts not named may be anything. */
  where?: Record<string, Pattern>;
  /** For points at which something fails: with which error, instead of the point's own. */
  error?: { status?: number; code: string; message: string };
  kill?: Victim;
}

export type Fault = RequestFault | PointFault;

/** A caller whose processes can be killed: `functions:<site>` or `vm:<id>`; `caller`: whoever sent the request. */
export type Victim = string;

export interface FaultedRequest {
  caller: string;
  host: string;
  method: string;
  path: string;
}

/** A fault in the script. */
export interface AddedFault {
  readonly fault: Fault;
  /** How often it has hit so far. */
  readonly hits: number;
  remove(): void;
}

/** The script of a world's faults. The edge asks it for each request, services ask it at their points. */
export interface Faults {
  add(fault: Fault): AddedFault;
  list(): AddedFault[];
  clear(): void;
  /** The first fault that hits this request, counting it; undefined: none does. */
  take(request: FaultedRequest): RequestFault | undefined;
  /** The same for a point inside a service. What being struck means there, `faultPoints` says. */
  strike(point: FaultPoint, facts?: Record<string, string | undefined>): PointFault | undefined;
  /** Kills a caller's processes. @throws when there is no such caller to kill */
  kill(victim: Victim): Promise<void>;
}

/**
 * An empty script. Faults are tried in the order in which they were added; a case is hit by one at most.
 * @param kill ends the processes of a caller, given by its id
 */
export function createFaults(kill: (caller: string) => Promise<void> = noProcesses): Faults {
  let entries: { added: AddedFault; counter: Counter }[] = [];

  const first = (fits: (fault: Fault) => boolean) =>
    entries.find(({ added, counter }) => fits(added.fault) && counter.next())?.added.fault;

  return {
    add(fault) {
      const counter = createCounter(fault);
      const added: AddedFault = {
        fault,
        get hits() {
          return counter.hits;
        },
        remove: () => {
          entries = entries.filter((other) => other.added !== added);
        },
      };
      entries.push({ added, counter });
      return added;
    },
    list: () => entries.map(({ added }) => added),
    clear() {
      entries = [];
    },
    take: (request) => first((fault) => !('point' in fault) && fitsRequest(fault, request)) as RequestFault | undefined,
    strike(point, facts = {}) {
      const struck = first((fault) => 'point' in fault && fault.point === point && fitsFacts(fault, facts));
      if (struck?.kill !== undefined) {
        kill(struck.kill).catch((error: Error) =>
          process.stderr.write(`sandbox: fault at ${point}: ${error.message}\n`),
        );
      }
      return struck as PointFault | undefined;
    },
    kill,
  };
}

function fitsRequest({ caller, host, method, path }: RequestFault, request: FaultedRequest): boolean {
  if (caller !== undefined && !matches(caller, request.caller)) return false;
  if (host !== undefined && !matches(host, request.host)) return false;
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  return path === undefined || matchesPath(path, request.path);
}

function fitsFacts({ where = {} }: PointFault, facts: Record<string, string | undefined>): boolean {
  return Object.entries(where).every(([name, pattern]) => matches(pattern, facts[name] ?? ''));
}

async function noProcesses(caller: string): Promise<void> {
  throw new Error(`There is no process of ${caller} to kill.`);
}
