/** One scripted fault: which requests it meets, and what happens to them before any service sees them. */
export interface Fault {
  /** Caller id; any when absent. */
  caller?: string;
  /** Host name, exactly or by pattern. */
  host?: string | RegExp;
  method?: string;
  /** Tested against path and query as sent. */
  path?: RegExp;
  /** How many matching requests pass unharmed first. Default 0. */
  after?: number;
  /** How many matching requests are then hit. Default 1. */
  times?: number;
  /** Waits this long (real time) before anything else; alone, the request then goes its normal way. */
  delayMs?: number;
  /** Cuts the connection without an answer. */
  drop?: boolean;
  /** Answers in the service's place. An object becomes JSON. */
  answer?: { status: number; body?: unknown; headers?: Record<string, string> };
}

export interface FaultedRequest {
  caller: string;
  host: string;
  method: string;
  path: string;
}

/** The script of a world's faults. The edge asks it for each request. */
export interface Faults {
  /** Adds a fault; what it returns counts the requests hit so far and takes the fault back. */
  add(fault: Fault): { readonly hits: number; remove(): void };
  clear(): void;
  /** The first fault that hits this request, counting it; undefined: none does. */
  take(request: FaultedRequest): Fault | undefined;
}

interface Entry {
  fault: Fault;
  seen: number;
  hits: number;
}

/** An empty script. Faults are tried in the order in which they were added; a request is hit by one at most. */
export function createFaults(): Faults {
  let entries: Entry[] = [];
  return {
    add(fault) {
      const entry: Entry = { fault, seen: 0, hits: 0 };
      entries.push(entry);
      return {
        get hits() {
          return entry.hits;
        },
        remove: () => {
          entries = entries.filter((other) => other !== entry);
        },
      };
    },
    clear() {
      entries = [];
    },
    take(request) {
      for (const entry of entries) {
        const { after = 0, times = 1 } = entry.fault;
        if (!matches(entry.fault, request)) continue;
        entry.seen += 1;
        if (entry.seen <= after || entry.hits >= times) continue;
        entry.hits += 1;
        return entry.fault;
      }
      return undefined;
    },
  };
}

function matches(fault: Fault, request: FaultedRequest): boolean {
  const { caller, host, method, path } = fault;
  if (caller !== undefined && caller !== request.caller) return false;
  if (host !== undefined && !(typeof host === 'string' ? host === request.host : host.test(request.host))) return false;
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  return path === undefined || path.test(request.path);
}
