export type Json = Record<string, unknown>;

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  // Bodies of a REST API: each step knows the shape it asks for.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** What a call sends beside its path. `text`: a body as it stands. */
export interface Sent {
  body?: unknown;
  text?: string;
  headers?: Record<string, string>;
}

/** A world under test, with every provider registered in one subscription. */
export interface ArmUnderTest {
  subscriptionId: string;
  location: string;
  call(method: string, pathAndQuery: string, sent?: Sent): Promise<Reply>;
  /** The newest API version of a type. */
  version(type: string): string;
  setPageSize(size: number): void;
}

/** Id of the resource that a type's row describes, in the place under test; `second`: of the other one that is made. */
export type Ids = (type: string, second?: 'second') => string;

/** How a resource type's resources are made. */
export interface Recipe {
  type: string;
  /** `#` is replaced by what is different for each group, `?` by `a` or, of the second one, `b`; no `?`: at its end. */
  name: string;
  /** The least that creates one. Whose ids it asks for is created before. */
  body(id: Ids): Json;
  /** What the body of a second one has in its place; `alone`: there can be but one. */
  second?: ((id: Ids) => Json) | 'alone';
  /** Where it lives when that is not a resource group. */
  scope?: 'subscription';
}

export const GROUPS = 'Microsoft.Resources/resourceGroups';

/** Objects merged at all depths; other values replaced. */
export function merged(into: Json, from: Json): Json {
  const both = Object.entries(from).map(([name, value]) => {
    const before = into[name];
    const objects = [before, value].every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
    return [name, objects ? merged(before as Json, value as Json) : value];
  });
  return { ...into, ...(Object.fromEntries(both) as Json) };
}

/** `400 NicInUse`, or the status alone. */
export const said = ({ status, body }: Reply): string =>
  body?.error ? `${status} ${body.error.code}` : String(status);

/** A resource group of its own, in which resources are made from recipes, with what they need. */
export function armPlace(world: () => ArmUnderTest, recipes: Recipe[], mark: string) {
  const subscription = () => `/subscriptions/${world().subscriptionId}`;
  const group = () => `${subscription()}/resourceGroups/${mark}`;

  function recipe(type: string): Recipe {
    const found = recipes.find((one) => one.type === type);
    if (!found) throw new Error(`No row has the type '${type}': write one.`);
    return found;
  }

  const idOf: Ids = (wanted, which) => {
    const [namespace = '', ...kinds] = wanted.split('/');
    const root = recipe(wanted).scope === 'subscription' ? subscription() : group();
    const named = kinds.map((kind, i) => {
      const { name } = recipe([namespace, ...kinds.slice(0, i + 1)].join('/'));
      const letter = which && i === kinds.length - 1 ? 'b' : name.includes('?') ? 'a' : '';
      return `/${kind}/${(name.includes('?') ? name : `${name}?`).replace('#', mark).replace('?', letter)}`;
    });
    return wanted === GROUPS ? root + named.join('') : `${root}/providers/${namespace}${named.join('')}`;
  };

  const call = (method: string, id: string, sent: Sent = {}, type: string) =>
    world().call(method, `${id}${id.includes('?') ? '&' : '?'}api-version=${world().version(type)}`, sent);

  /** Follows a long operation to its end; gives the first answer. */
  async function ended(first: Reply): Promise<Reply> {
    const { 'azure-asyncoperation': operation, location } = first.headers;
    const url = (operation ?? (first.status === 202 ? location : undefined)) as string | undefined;
    for (let polls = 0; url; polls++) {
      const poll = await world().call('GET', url);
      const status = operation ? poll.body.status : poll.status === 202 ? 'InProgress' : 'Succeeded';
      if (status === 'Succeeded' && poll.status < 300) break;
      if (status !== 'InProgress' || polls > 20) throw new Error(`${url}: ${JSON.stringify(poll.body)}`);
    }
    return first;
  }

  /** A call that succeeds, followed to its end. */
  async function done(method: string, id: string, type: string, sent: Sent = {}): Promise<Reply> {
    const reply = await ended(await call(method, id, sent, type));
    if (reply.status >= 400) throw new Error(`${method} ${id}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply;
  }

  const made = new Set<string>();
  /** What a recipe's body names and what it stands below. */
  async function prepare(type: string, which?: 'second'): Promise<Json> {
    const needs: Parameters<Ids>[] = [];
    const collect: Ids = (...needed) => {
      needs.push(needed);
      return idOf(...needed);
    };
    const { body, second } = recipe(type);
    const whole = merged(body(collect), which && typeof second === 'function' ? second(collect) : {});
    const parent = type.split('/').slice(0, -1).join('/');
    if (parent.includes('/')) needs.unshift([parent]);
    for (const needed of needs) await create(...needed);
    return whole;
  }

  /** Creates what a recipe describes, unless it is there. `more`: merged into its body. */
  async function create(type: string, which?: 'second', more: Json = {}): Promise<void> {
    const id = idOf(type, which);
    if (made.has(id)) return;
    made.add(id);
    const body = await prepare(type, which);
    await done('PUT', id, type, { body: merged(body, more) });
  }

  return {
    subscription,
    group,
    idOf,
    body: (type: string) => recipe(type).body(idOf),
    call,
    done,
    ended,
    prepare,
    create,
    begin: () => done('PUT', group(), GROUPS, { body: { location: world().location } }),
    end: () => done('DELETE', group(), GROUPS),
  };
}
