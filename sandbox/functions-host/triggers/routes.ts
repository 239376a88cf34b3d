import type { RegisteredFunction } from '../app/coreModule.ts';

/** A route that fits a path, with its parameters' values. */
export interface RouteMatch {
  fn: RegisteredFunction;
  params: Record<string, string>;
}

export type Router = (method: string, path: string) => RouteMatch | undefined;

interface Segment {
  literal?: string;
  parameter?: string;
  optional: boolean;
  catchAll: boolean;
  accepts: ((value: string) => boolean)[];
}

interface Route {
  fn: RegisteredFunction;
  methods: string[];
  segments: Segment[];
}

const CONSTRAINTS: Record<string, (value: string) => boolean> = {
  int: (value) => /^-?\d+$/.test(value),
  long: (value) => /^-?\d+$/.test(value),
  bool: (value) => /^(true|false)$/i.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  guid: (value) => /^\{?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?$/i.test(value),
};

/**
 * ASP.NET Core's attribute routing, as far as function apps use it: literals (case ignored), `{name}`, `{name?}`,
 * `{name:constraint}`, `{*rest}`. Literal parts win over parameters, those over catch-alls.
 * @throws Error for a constraint that this host does not know
 */
export function createRouter(functions: RegisteredFunction[], routePrefix: string): Router {
  const prefix = routePrefix.split('/').filter((part) => part !== '');
  const routes = functions.map((fn): Route => {
    const { route, methods } = fn.trigger as { route?: string; methods?: string[] };
    const parts = (route ?? fn.metadata.name).split('/').filter((part) => part !== '');
    const segments = [...prefix, ...parts].map((part) => segmentOf(part, fn.metadata.name));
    return { fn, segments, methods: (methods ?? ['GET', 'POST']).map((method) => method.toUpperCase()) };
  });
  routes.sort((a, b) => compare(a.segments, b.segments));

  return (method, path) => {
    const parts = path.split('/').filter((part) => part !== '');
    for (const { fn, segments, methods } of routes) {
      if (!methods.includes(method.toUpperCase())) continue;
      const params = match(segments, parts);
      if (params) return { fn, params };
    }
    return undefined;
  };
}

function segmentOf(part: string, functionName: string): Segment {
  const inner = /^\{(\*{0,2})([^}?]+)(\??)\}$/.exec(part);
  if (!inner) return { literal: part.toLowerCase(), optional: false, catchAll: false, accepts: [] };
  const [parameter, ...names] = inner[2]!.split(':');
  const accepts = names.map((name) => {
    const accept = CONSTRAINTS[name.toLowerCase()];
    if (!accept)
      throw new Error(`Function "${functionName}": route constraint "${name}" is not supported by this host`);
    return accept;
  });
  return { parameter: parameter!, optional: inner[3] === '?', catchAll: inner[1] !== '', accepts };
}

function match(segments: Segment[], parts: string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  let index = 0;
  for (const segment of segments) {
    if (segment.catchAll) {
      params[segment.parameter!] = parts.slice(index).map(decodeURIComponent).join('/');
      return params;
    }
    const part = parts[index];
    if (part === undefined) {
      if (segment.optional) continue;
      return undefined;
    }
    const value = decodeURIComponent(part);
    if (segment.literal !== undefined) {
      if (segment.literal !== value.toLowerCase()) return undefined;
    } else if (segment.accepts.every((accepts) => accepts(value))) {
      params[segment.parameter!] = value;
    } else return undefined;
    index++;
  }
  return index === parts.length ? params : undefined;
}

function compare(a: Segment[], b: Segment[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = rank(a[index]!) - rank(b[index]!);
    if (difference !== 0) return difference;
  }
  return b.length - a.length;
}

function rank(segment: Segment): number {
  if (segment.literal !== undefined) return 0;
  if (segment.catchAll) return 3;
  return segment.accepts.length > 0 ? 1 : 2;
}
