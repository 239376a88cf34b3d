import { beforeAll, describe, expect, test } from 'vitest';
import {
  armPlace,
  GROUPS,
  merged,
  said,
  type ArmUnderTest,
  type Ids,
  type Json,
  type Recipe,
  type Sent,
} from './armPlace.ts';

/** What is particular to a resource type. The rest of a life is the same for all. */
export interface Row extends Recipe {
  /** Paths of the body (`properties.source`): without one of them 400, with its name or the one that Azure has for it. */
  required?: (string | [path: string, named: string])[];
  /** What another PUT changes, and GET then shows. Default: tags. */
  update?: Json;
  /** The refusal of a PUT when it is there. */
  fixed?: string;
  /** A user of it, what that user's body says more, and the refusal of DELETE meanwhile (`400 NicInUse`). */
  inUse?: { by: string; body?: (id: Ids) => Json; refused: string };
  /** What its API has not. `end`: DELETE empties it, and it is there as long as what it belongs to. */
  lacks?: ('list' | 'delete' | 'end')[];
  /** What GET and DELETE say when it is gone, where that is not 404 ResourceNotFound and 204. */
  gone?: string;
  /** Its group cannot be deleted while it is there. */
  holdsGroup?: true;
  /** Headers that its DELETE needs. */
  deleteHeaders?: (etag: string) => Record<string, string>;
}

function without(body: Json, [first = '', ...rest]: string[]): Json {
  const { [first]: inner, ...others } = body;
  return rest.length === 0 ? others : { ...body, [first]: without(inner as Json, rest) };
}

/** Where a body has values, at all depths. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [[name], ...pathsOf(inner).map((path) => [name, ...path])]);
}

function replaced(value: unknown, [first, ...rest]: string[], by: unknown): unknown {
  if (first === undefined) return by;
  if (Array.isArray(value)) return value.map((item, i) => (String(i) === first ? replaced(item, rest, by) : item));
  return { ...(value as Json), [first]: replaced((value as Json)[first], rest, by) };
}

/** What cannot stand where a value stands. */
function wrongFor(value: unknown): unknown[] {
  if (Array.isArray(value)) return ['text', 5, { a: 'member' }];
  return typeof value === 'object' ? ['text', 5, ['item']] : [['item'], { a: 'member' }];
}

/** A body without what every write changes. */
function steady(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(steady);
  if (typeof body !== 'object' || body === null) return body;
  const changing = /etag|modified|updated|^created$|lastSkuUpdate|timestamp|duration|correlationId|WithVersion/i;
  const fields = Object.entries(body).filter(([name]) => !changing.test(name));
  return Object.fromEntries(fields.map(([name, value]) => [name, steady(value)]));
}

/** Holds each row's type against the life that every ARM resource has. `world` is asked when tests run. */
export function armLifeCycleContract(rows: Row[], world: () => ArmUnderTest): void {
  describe.each(rows.map((row, index) => ({ row, index })))('$row.type', ({ row, index }) => {
    const { type, lacks = [], second = () => ({}) } = row;
    const place = armPlace(world, rows, `lc${index}`);
    const { group, subscription, done, ended, create } = place;
    const topmost = type.split('/').length === 2 && !/^Microsoft\.(Authorization|Resources)/.test(type);
    const idOf: Ids = (...of) => place.idOf(...of);
    const body = () => place.body(type);
    const isTracked = () => 'location' in body();
    const call = (method: string, id: string, sent: Sent = {}, of = type) => place.call(method, id, sent, of);
    const get = async () => (await call('GET', idOf(type))).body;

    beforeAll(async () => {
      await place.begin();
      await place.prepare(type);
    });

    test('what is no body, no version and no place is refused', async () => {
      const id = idOf(type);
      const put = async (sent: Sent) => said(await call('PUT', id, sent));
      const before = (await call('GET', id)).status;
      expect(said(await world().call('PUT', `${id}?api-version=2011-11-11`, { body: body() }))).toMatch(
        /^400 (NoRegisteredProviderFound|InvalidApiVersionParameter)$/,
      );
      expect(said(await world().call('PUT', id, { body: body() }))).toBe('400 MissingApiVersionParameter');
      expect(await put({ text: '{"location": ' })).toBe('400 InvalidRequestContent');
      expect(await put({ text: 'a=1', headers: { 'content-type': 'text/plain' } })).toBe('415 UnsupportedMediaType');
      expect(await put({ text: '["no object"]' })).toBe('400 InvalidRequestContent');
      expect(await put({})).toBe('400 InvalidRequestContent');
      const elsewhere = id.replace(world().subscriptionId, '99999999-9999-4999-8999-999999999999');
      expect(said(await call('PUT', elsewhere, { body: body() }))).toBe('404 SubscriptionNotFound');
      if (row.scope === undefined) {
        const nowhere = id.replace(group(), `${subscription()}/resourceGroups/none`);
        expect(said(await call('PUT', nowhere, { body: body() }))).toBe('404 ResourceGroupNotFound');
        expect(said(await call('GET', nowhere))).toBe('404 ResourceGroupNotFound');
      }
      expect((await call('GET', id)).status).toBe(before);
    });

    test('a wrong name or location and what is missing are refused by name', async () => {
      const id = idOf(type);
      const before = (await call('GET', id)).status;
      const long = await call('PUT', id.replace(/[^/]+$/, 'x'.repeat(300)), { body: body() });
      // Other names than the one are no path of the API, or none that is here.
      expect(long.status).toBeOneOf(second === 'alone' ? [400, 404, 501] : [400]);
      expect(long.body.error.message).toBeTruthy();
      if (isTracked()) {
        const atlantis = await call('PUT', id, { body: { ...body(), location: 'atlantis' } });
        expect(said(atlantis)).toMatch(/^400 LocationNotAvailable/);
        expect(atlantis.body.error.message).toContain('atlantis');
        expect(said(await call('PUT', id, { body: without(body(), ['location']) }))).toBe('400 LocationRequired');
      }
      for (const one of row.required ?? []) {
        const [path, named] = typeof one === 'string' ? [one, one.split('.').at(-1)!] : one;
        const refused = await call('PUT', id, { body: without(body(), path.split('.')) });
        expect({ path, status: refused.status }).toEqual({ path, status: 400 });
        expect(JSON.stringify(refused.body.error).toLowerCase()).toContain(named.toLowerCase());
      }
      expect((await call('GET', id)).status).toBe(before);
    });

    test('a value of a wrong kind is refused', async () => {
      const id = idOf(type);
      const taken: string[] = [];
      for (const path of pathsOf(body()).filter(([first]) => first !== 'tags')) {
        for (const wrong of wrongFor(path.reduce((at: unknown, name) => (at as Json)[name], body()))) {
          const { status } = await call('PUT', id, { body: replaced(body(), path, wrong) });
          if (status < 400 || status === 500) taken.push(`${path.join('.')}: ${JSON.stringify(wrong)}: ${status}`);
        }
      }
      expect(taken).toEqual([]);
    });

    test('it is created, read, written again and changed', async () => {
      const id = idOf(type);
      await done('PUT', id, type, { body: body() });
      const one = await get();
      expect(one).toMatchObject({ name: id.split('/').at(-1), type });
      expect(one.id.toLowerCase()).toBe(id.toLowerCase());
      expect((await call('HEAD', id)).status).toBe(204);
      expect((await call('GET', id.toUpperCase())).body).toEqual(one);
      if (row.fixed) {
        expect(said(await call('PUT', id, { body: body() }))).toBe(row.fixed);
        expect(await get()).toEqual(one);
        return;
      }
      await done('PUT', id, type, { body: body() });
      expect(steady(await get())).toEqual(steady(one));
      const update = row.update ?? { tags: { written: 'again' } };
      await done('PUT', id.toUpperCase(), type, { body: merged(body(), update) });
      expect(await get()).toMatchObject({ ...update, id: one.id });
      if (isTracked()) {
        await done('PATCH', id, type, { body: { tags: { patched: 'yes' } } });
        const patched = await get();
        expect(patched).toMatchObject({ ...update, tags: { patched: 'yes' } });
        expect(patched.tags).toEqual({ patched: 'yes' });
      }
    });

    test('its ETag, where it has one, guards writes', async () => {
      const { etag } = await get();
      if (typeof etag !== 'string') return;
      const conditional = (headers: Record<string, string>) => call('PUT', idOf(type), { body: body(), headers });
      expect(said(await conditional({ 'if-match': '"another"' }))).toBe('412 PreconditionFailed');
      expect(said(await conditional({ 'if-none-match': '*' }))).toBe('412 PreconditionFailed');
      expect((await get()).etag).toBe(etag);
      expect((await ended(await conditional({ 'if-match': etag }))).status).toBeLessThan(300);
    });

    test('it is listed, in pages', async () => {
      if (second !== 'alone') await create(type, 'second');
      if (lacks.includes('list')) return;
      const own = second === 'alone' ? [idOf(type)] : [idOf(type), idOf(type, 'second')];
      const collections = [idOf(type).replace(/\/[^/]+$/, '')];
      if (topmost) {
        collections.push(`${subscription()}/providers/${type}`, `${subscription()}/resources`, `${group()}/resources`);
      }
      world().setPageSize(1);
      for (const collection of collections) {
        const found: string[] = [];
        const version = world().version(collection.endsWith('/resources') ? GROUPS : type);
        for (let url = `${collection}?api-version=${version}`; url;) {
          const page = await world().call('GET', url);
          expect({ collection, status: page.status }).toEqual({ collection, status: 200 });
          expect(page.body.value.length).toBeLessThanOrEqual(1);
          found.push(...page.body.value.map((item: { id: string }) => item.id.toLowerCase()));
          url = page.body.nextLink;
        }
        expect(found).toEqual(expect.arrayContaining(own.map((id) => id.toLowerCase())));
        expect(new Set(found).size).toBe(found.length);
      }
      world().setPageSize(1000);
    });

    test('what its API has not is refused by name; it does not move', async () => {
      const id = idOf(type);
      for (const [method, path, sent] of [
        ['GET', 'frobs', {}],
        ['PUT', 'frobs/one', { body: {} }],
        ['POST', 'frobnicate', { body: {} }],
      ] as const) {
        const refused = await call(method, `${id}/${path}`, sent);
        expect(said(refused)).toBe('501 SandboxNotSupported');
        expect(refused.body.error.message).toContain(path);
      }
      if (lacks.includes('delete')) expect(said(await call('DELETE', id))).toBe('501 SandboxNotSupported');
      if (!topmost) return;
      const move = { resources: [id], targetResourceGroup: `${subscription()}/resourceGroups/elsewhere` };
      const moved = await call('POST', `${group()}/moveResources`, { body: move }, GROUPS);
      expect(said(moved)).toBe('409 ResourceMoveProviderValidationFailed');
    });

    test('locks hold it', async () => {
      const locks = 'Microsoft.Authorization/locks';
      if (type === locks) return;
      const id = idOf(type);
      const scope = type === GROUPS ? id : row.scope === 'subscription' ? subscription() : group();
      const lock = `${scope}/providers/${locks}/held`;
      const locked = (level: string) => done('PUT', lock, locks, { body: { properties: { level } } });
      try {
        await locked('CanNotDelete');
        expect(said(await call('DELETE', id))).toBe('409 ScopeLocked');
        await locked('ReadOnly');
        expect(said(await call('DELETE', id))).toBe('409 ScopeLocked');
        expect(said(await call('PUT', id, { body: body() }))).toBe('409 ScopeLocked');
        expect((await call('GET', id)).status).toBe(200);
      } finally {
        await done('DELETE', lock, locks);
      }
    });

    test('it is deleted when nothing uses it, and is gone', async () => {
      if (lacks.includes('delete')) return;
      const id = idOf(type);
      const { inUse } = row;
      if (inUse) {
        await create(inUse.by, undefined, inUse.body?.(idOf));
        expect(said(await call('DELETE', id))).toBe(inUse.refused);
        expect((await call('GET', id)).status).toBe(200);
        await done('DELETE', idOf(inUse.by), inUse.by);
      }
      const headers = row.deleteHeaders?.((await get()).etag) ?? {};
      expect((await done('DELETE', id, type, { headers })).status).toBeOneOf([200, 202, 204]);
      if (lacks.includes('end')) return;
      expect(said(await call('DELETE', id, { headers }))).toBe(row.gone ?? '204');
      expect(said(await call('GET', id))).toBe(row.gone ?? '404 ResourceNotFound');
      expect((await call('HEAD', id)).status).toBe(404);
      if (second === 'alone') await done('PUT', id, type, { body: body() });
    });

    test('its group takes it along', async () => {
      const left = second === 'alone' || lacks.includes('delete') ? idOf(type) : idOf(type, 'second');
      expect((await call('GET', left)).status).toBe(200);
      if (row.holdsGroup) expect(said(await call('DELETE', group(), {}, GROUPS))).toBe('409 ScopeLocked');
      if (row.holdsGroup || row.scope === 'subscription') await done('DELETE', left, type);
      await place.end();
      if (row.scope === undefined) expect(said(await call('GET', left))).toBe('404 ResourceGroupNotFound');
      if (lacks.includes('end')) return;
      await place.begin();
      expect(said(await call('GET', left))).toBe(row.gone ?? '404 ResourceNotFound');
      await place.end();
    });
  });
}
