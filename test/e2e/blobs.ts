import https from 'node:https';
import { readFileSync } from 'node:fs';
import type { World } from '../../demo/world.ts';
import { repositoryTarget } from '../../model/site/repositories.ts';

const headers = { 'x-ms-version': '2024-11-04' };
const resource = 'https://storage.azure.com/';

/** Names of all objects in the repository's container (or another container URL). */
export async function blobNames(world: World, container = repositoryUrl(world)): Promise<string[]> {
  const reply = await world.inside.client.send('GET', `${container}?restype=container&comp=list`, {
    resource,
    headers,
  });
  if (reply.status !== 200) throw new Error(`Listing ${container} answered ${reply.status}`);
  return [...String(reply.body).matchAll(/<Name>([^<]*)<\/Name>/g)].map((match) => match[1]!);
}

/** Until when each object of the repository is immutable, ISO 8601 UTC. */
export async function blobLocks(world: World): Promise<Map<string, string>> {
  const query = 'restype=container&comp=list&include=immutabilitypolicy';
  const reply = await world.inside.client.send('GET', `${repositoryUrl(world)}?${query}`, { resource, headers });
  if (reply.status !== 200) throw new Error(`Listing ${repositoryUrl(world)} answered ${reply.status}`);
  const shape = /<Name>([^<]*)<\/Name>.*?<\/Blob>/gs;
  return new Map(
    [...String(reply.body).matchAll(shape)].map(([blob, name]) => {
      const [, until] = /<ImmutabilityPolicyUntilDate>([^<]*)</.exec(blob) ?? [];
      return [name!, until === undefined ? '' : new Date(until).toISOString()];
    }),
  );
}

export function repositoryUrl(world: World): string {
  return repositoryTarget(world.environment).url;
}

/** An object's bytes, as the operator reads them. */
export async function readBlob(world: World, name: string, container = repositoryUrl(world)): Promise<Buffer> {
  return (await blobRequest(world, 'GET', `${container}/${name}`)).body;
}

/** Overwrites an object, as someone with write access to the account may. */
export function writeBlob(world: World, url: string, content: Buffer): Promise<void> {
  return put(world, url, content, { 'x-ms-blob-type': 'BlockBlob' });
}

/** Writes a blob that claims any MD5: of a block list Azure stores it as given, unchecked. */
export async function forgeBlob(
  world: World,
  url: string,
  content: Buffer,
  claims: Record<string, string>,
): Promise<void> {
  const id = Buffer.from('block-1').toString('base64');
  await put(world, `${url}?comp=block&blockid=${encodeURIComponent(id)}`, content);
  const list = `<?xml version="1.0" encoding="utf-8"?><BlockList><Latest>${id}</Latest></BlockList>`;
  await put(world, `${url}?comp=blocklist`, Buffer.from(list), claims);
}

async function put(world: World, url: string, content: Buffer, more: Record<string, string> = {}): Promise<void> {
  const { status, body } = await blobRequest(world, 'PUT', url, content, more);
  if (status !== 201) throw new Error(`Writing ${url} answered ${status}: ${body.toString()}`);
}

async function blobRequest(
  world: World,
  method: string,
  url: string,
  body?: Buffer,
  more: Record<string, string> = {},
) {
  const { inside, sandbox } = world;
  const identity = await world.inside.client.send(
    'GET',
    `http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(resource)}`,
    { headers: { Metadata: 'true' } },
  );
  const { access_token: token } = identity.body as { access_token: string };
  const agent = new https.Agent({ ca: readFileSync(sandbox.caFile), proxyEnv: { HTTPS_PROXY: inside.port.proxyUrl } });
  try {
    return await new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
      const request = https.request(
        url,
        {
          method,
          agent,
          headers: {
            ...headers,
            ...more,
            authorization: `Bearer ${token}`,
            ...(body && { 'content-length': body.length }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(chunks) }));
        },
      );
      request.on('error', reject).end(body);
    });
  } finally {
    agent.destroy();
  }
}
