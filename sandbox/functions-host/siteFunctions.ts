import { required } from '../arm/resource.ts';
import { ArmError, type ArmCall, type ArmReply, type ArmResource, type Provider } from '../arm/types.ts';
import type { FunctionsHost } from './host.ts';

const SITES = 'Microsoft.Web/sites';

type Host = Pick<FunctionsHost, 'url' | 'keys'>;

interface KeyList {
  keys: { name: string; value: string }[];
}

/**
 * What ARM tells of a function app by asking its host: the functions of a site, and their keys (REST reference,
 * "Web Apps - List Functions", "List Host Keys", "Create Or Update Function Secret").
 * @param hostOf the host of a site that runs
 */
export function siteFunctionsProvider(hostOf: (siteName: string) => Host | undefined): Provider {
  const hostFor = (call: ArmCall): Host => {
    const site = call.path.names[0]!;
    call.world.store.require(siteId(call));
    const host = hostOf(site);
    if (!host) throw new ArmError(503, 'ServiceUnavailable', `The host of site ${site} is not running.`);
    return host;
  };

  async function ask(call: ArmCall, method: string, path: string, body?: object): Promise<unknown> {
    const { url, keys } = hostFor(call);
    const answer = await fetch(`${url}/admin/${path}`, {
      method,
      headers: { 'x-functions-key': keys.masterKey, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (answer.status === 404) throw notFound(call);
    const text = await answer.text();
    if (!answer.ok) throw new ArmError(answer.status, 'BadRequest', text);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }

  const named = async (call: ArmCall, path: string) =>
    Object.fromEntries(((await ask(call, 'GET', path)) as KeyList).keys.map(({ name, value }) => [name, value]));

  const functionsOf = async (call: ArmCall) =>
    ((await ask(call, 'GET', 'functions')) as { name: string }[]).map(shown(call));

  async function onFunctions(call: ArmCall): Promise<ArmReply> {
    const [, name] = call.path.names;
    if (call.method !== 'GET') throw unknown(call);
    const all = await functionsOf(call);
    if (name === undefined) return { status: 200, body: { value: all } };
    const found = all.find((one) => String(one.properties!.name).toLowerCase() === name.toLowerCase());
    if (!found) throw notFound(call);
    return { status: 200, body: found };
  }

  /** `…/host/default/{functionkeys|systemkeys}/{key}` and `…/functions/{function}/keys/{key}` */
  async function onKey(call: ArmCall, base: string): Promise<ArmReply> {
    const key = call.path.name;
    const path = `${base}/${encodeURIComponent(key)}`;
    if (call.method === 'DELETE') {
      await ask(call, 'DELETE', path);
      return { status: 204 };
    }
    if (call.method !== 'PUT') throw unknown(call);
    const { value } = required(
      (call.body as { properties?: { value?: string } } | undefined)?.properties,
      'properties',
    );
    const isNew = !(key in (await named(call, base)));
    const made = (await ask(call, value ? 'PUT' : 'POST', path, { name: key, value })) as {
      name: string;
      value: string;
    };
    const { id, type } = call.path;
    return {
      status: isNew ? 201 : 200,
      body: { id, name: key, type, properties: { name: made.name, value: made.value } },
    };
  }

  async function onHost(call: ArmCall): Promise<ArmReply> {
    const kinds = call.path.type.slice(SITES.length + 1).toLowerCase();
    if (kinds === 'host/functionkeys') return onKey(call, 'host/functionkeys');
    if (kinds === 'host/systemkeys') return onKey(call, 'host/systemkeys');
    if (call.method !== 'POST') throw unknown(call);
    const { masterKey } = hostFor(call).keys;
    const [functionKeys, systemKeys] = await Promise.all([
      named(call, 'host/functionkeys'),
      named(call, 'host/systemkeys'),
    ]);
    return { status: 200, body: { masterKey, functionKeys, systemKeys } };
  }

  return {
    namespace: 'Microsoft.Web',
    types: [],
    other(call) {
      const [, , ...kinds] = call.path.type.toLowerCase().split('/');
      const [first, second, third] = kinds;
      const posted = call.method === 'POST' ? call.action : undefined;
      if (first === 'functions' && second === 'keys') return onKey(call, `functions/${call.path.names[1]}/keys`);
      if (first === 'functions' && posted === 'listkeys')
        return named(call, `functions/${call.path.names[1]}/keys`).then((body) => ({ status: 200, body }));
      if (first === 'functions' && second === undefined && posted === undefined) return onFunctions(call);
      if (first === 'host' && posted === 'listkeys') return onHost(call);
      if (first === 'host' && (second === 'functionkeys' || second === 'systemkeys') && third === undefined)
        return onHost(call);
      if (first === undefined && posted === 'syncfunctiontriggers') return { status: 204 };
      return undefined;
    },
  };
}

function siteId(call: ArmCall): string {
  return call.path.id.split('/').slice(0, 9).join('/');
}

function shown(call: ArmCall) {
  const id = siteId(call);
  const [site] = call.path.names;
  return (properties: { name: string }): ArmResource => ({
    id: `${id}/functions/${properties.name}`,
    name: `${site}/${properties.name}`,
    type: `${SITES}/functions`,
    location: String(call.world.store.require(id).location),
    properties,
  });
}

function notFound(call: ArmCall): ArmError {
  return new ArmError(404, 'NotFound', `${call.path.id} could not be found.`);
}

function unknown(call: ArmCall): ArmError {
  return new ArmError(405, 'MethodNotAllowed', `The requested resource does not support http method '${call.method}'.`);
}
