import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestContext, Service } from '../../../sandbox/core/types.ts';
import { run, runModule } from './child.ts';
import { startWorld, TENANT, worker } from './world.ts';
import { noCurl } from '../../curl.ts';

const machine = {
  id: 'vm:/x',
  kind: 'machine' as const,
  resourceId: '/subscriptions/s/resourceGroups/rg-a/providers/Microsoft.Compute/virtualMachines/vm1',
};
const piece = Buffer.alloc(65_536, 7);
let world: Awaited<ReturnType<typeof startWorld>>;
const seen: { method: string; url: string; context: RequestContext; principal?: string }[] = [];

/** A stand-in for any part of Azure: lists disks, echoes bodies, fails when told to. */
const dummy: Service = {
  name: 'dummy',
  answers: (host) => host === 'management.azure.com' || host.endsWith('.example.net'),
  async handle(request: IncomingMessage, response: ServerResponse, context: RequestContext) {
    const verified = world.edge.tokens.verify(request.headers.authorization);
    seen.push({ method: request.method!, url: request.url!, context, principal: verified?.principal.objectId });
    if (request.url!.startsWith('/broken')) throw new Error('a defect');
    if (request.url!.startsWith('/big')) {
      const size = Number(new URL(request.url!, 'http://x').searchParams.get('size'));
      const pieces = Array.from({ length: Math.ceil(size / 65_536) }, () => piece);
      await pipeline(Readable.from(pieces), response).catch(() => {});
      return;
    }
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of request) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    const body = request.url!.includes('/disks')
      ? {
          value: [
            {
              id: '/d1',
              name: 'd1',
              type: 'Microsoft.Compute/disks',
              location: 'westeurope',
              accessSAS: 'https://md-1/abcd?sig=secret',
            },
          ],
        }
      : { size, sha256: hash.digest('hex') };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  },
};

beforeAll(async () => {
  world = await startWorld({ record: true });
  world.edge.use(dummy);
});
afterAll(() => world.stop());

describe('real clients through the proxy', () => {
  it('a machine lists disks with ManagedIdentityCredential and ComputeManagementClient', async () => {
    const { env } = await world.edge.open(machine);
    const names = await runModule(
      `import { ManagedIdentityCredential } from '@azure/identity';
       import { ComputeManagementClient } from '@azure/arm-compute';
       const client = new ComputeManagementClient(new ManagedIdentityCredential({ clientId: '${worker.clientId}' }), 'sub');
       const names = [];
       for await (const disk of client.disks.list()) names.push(disk.name);
       console.log(JSON.stringify(names));`,
      env,
    );
    expect(names).toEqual(['d1']);
    const call = seen.find(({ url }) => url.includes('/disks'))!;
    expect(call.principal).toBe(worker.objectId);
    const origin = { address: '192.0.2.1' };
    expect(call.context).toEqual({ caller: machine, host: 'management.azure.com', secure: true, origin });
  });

  it('an app gets its token from the App Service endpoint, a person from instance metadata', async () => {
    const source = (credential: string) =>
      `import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
       const { token } = await ${credential}.getToken('https://management.azure.com/.default');
       const { oid, aud, iss } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
       console.log(JSON.stringify({ oid, aud, iss }));`;
    const app = await world.edge.open({ id: 'functions:app', kind: 'functions' });
    const operator = await world.edge.open({ id: 'operator', kind: 'operator' });
    const byApp = source(`new ManagedIdentityCredential({ clientId: '${worker.clientId}' })`);
    const [asApp, asOperator, asDeployer] = (await Promise.all([
      runModule(byApp, app.env),
      runModule(source('new DefaultAzureCredential()'), operator.env),
      runModule(
        source('new ManagedIdentityCredential()'),
        (await world.edge.open({ id: 'deployer', kind: 'deployer' })).env,
      ),
    ])) as { oid: string; aud: string; iss: string }[];
    expect(asApp).toEqual({
      oid: worker.objectId,
      aud: 'https://management.azure.com',
      iss: `https://sts.windows.net/${TENANT}/`,
    });
    expect(new Set([asApp!.oid, asOperator!.oid, asDeployer!.oid]).size).toBe(3);
  });

  it('names an identity that the caller does not have', async () => {
    const { env } = await world.edge.open(machine);
    const message = await runModule(
      `import { ManagedIdentityCredential } from '@azure/identity';
       const failed = await new ManagedIdentityCredential({ clientId: 'nobody' }).getToken('https://x/.default').catch((e) => e.message);
       console.log(JSON.stringify(failed));`,
      env,
    );
    expect(message).toMatch(/Identity not found/);
  });

  it.skipIf(noCurl)('fetch reaches https and http hosts, and curl does with a large upload', async () => {
    const { env } = await world.edge.open(machine);
    const answers = await runModule(
      `const https = await (await fetch('https://a.example.net/x')).json();
       const http = await (await fetch('http://a.example.net/x', { method: 'POST', body: 'abc' })).json();
       console.log(JSON.stringify([https.size, http.size]));`,
      env,
    );
    expect(answers).toEqual([0, 3]);
    expect(seen.filter(({ url }) => url === '/x').map(({ context }) => context.secure)).toEqual([true, false]);
    const printed = await run('sh', ['-c', 'head -c 20000000 /dev/zero | curl -sS -T - https://b.example.net/up'], env);
    expect(JSON.parse(printed)).toEqual({
      size: 20_000_000,
      sha256: createHash('sha256').update(Buffer.alloc(20_000_000)).digest('hex'),
    });
    expect(await run('curl', ['-sS', 'http://a.example.net/plain'], env)).toContain('"size":0');
  });

  it.skipIf(noCurl)('large answers stream, and a client that hangs up harms nobody', async () => {
    const { env } = await world.edge.open(machine);
    const size = await run('sh', ['-c', 'curl -sS "https://a.example.net/big?size=50000000" | wc -c'], env);
    expect(Number(size)).toBe(50_003_968);
    await run('sh', ['-c', 'curl -sS "https://a.example.net/big?size=5000000000" | head -c 100000 > /dev/null'], env);
    expect(await run('curl', ['-sS', 'https://a.example.net/after'], env)).toContain('"size":0');
  });
});

describe('refusals', () => {
  it.skipIf(noCurl)('an unknown host is 502 and named; a defect of a service is 500', async () => {
    const { env } = await world.edge.open(machine);
    const curl = (url: string) => run('curl', ['-sS', '-w', ' %{http_code}', url], env);
    expect(await curl('https://nowhere.test/')).toMatch(/nowhere\.test does not resolve.*\s+502/);
    expect(await curl('https://a.example.net/broken')).toMatch(/a defect\s+500/);
  });

  it.skipIf(noCurl)('instance metadata wants its header and version, and tells of the machine', async () => {
    const { env } = await world.edge.open(machine);
    const ask = async (path: string, ...more: string[]) =>
      JSON.parse(await run('curl', ['-sS', `http://169.254.169.254/metadata/${path}`, ...more], env)) as object;
    expect(await ask('instance?api-version=2021-02-01')).toMatchObject({ error: 'invalid_request' });
    const header = ['-H', 'Metadata: true'];
    expect(await ask('instance', ...header)).toMatchObject({ error: 'invalid_request' });
    const version = 'api-version=2021-02-01';
    expect(await ask(`instance?${version}`, ...header)).toMatchObject({ compute: { name: 'vm1' } });
    expect(await ask(`instance/compute/tagsList/0?${version}`, ...header)).toEqual({ name: 'a', value: 'b' });
    expect(await ask(`instance/compute/name?${version}`, ...header)).toEqual({
      error: expect.stringMatching(/format=text/) as string,
    });
    expect(await ask(`instance/compute/none?${version}`, ...header)).toEqual({ error: 'Not found' });
    const url = `http://169.254.169.254/metadata/instance/`;
    const text = (path: string) => run('curl', ['-sS', `${url}${path}?${version}&format=text`, ...header], env);
    expect([await text('compute/name'), await text('network/interface'), await text('compute')]).toEqual([
      'vm1',
      '0/',
      'name\ntagsList/',
    ]);
  });

  it("an app's identity endpoint wants its secret", async () => {
    const { env } = await world.edge.open({ id: 'functions:app', kind: 'functions' });
    const response = await fetch(`${env.IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=https://x`);
    expect(response.status).toBe(401);
  });
});

describe('faults, record and clock', () => {
  it.skipIf(noCurl)('a scripted fault hits the requests it names, as often as it says', async () => {
    const { env } = await world.edge.open(machine);
    const status = (url: string) => run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', url], env);
    const fault = world.faults.add({
      caller: machine.id,
      host: 'a.example.net',
      path: /^\/faulty/,
      after: 1,
      answer: { status: 429, headers: { 'retry-after': '3' }, body: { error: { code: 'TooManyRequests' } } },
    });
    const url = 'https://a.example.net/faulty';
    expect([await status(url), await status(url), await status(url)]).toEqual(['200', '429', '200']);
    expect(fault.hits).toBe(1);
    world.faults.add({ host: /example/, drop: true });
    await expect(status(url)).rejects.toThrow(/ended with (52|56)/);
  });

  it.skipIf(noCurl)('exchanges with Resource Manager are recorded without secrets', async () => {
    const { env } = await world.edge.open(machine);
    const body = JSON.stringify({
      properties: { protectedParameters: [{ name: 'K', value: 'hidden' }], adminPassword: 'hidden' },
    });
    await run('curl', ['-sS', '-X', 'PUT', '-d', body, 'https://management.azure.com/disks?api-version=1'], env);
    const text = await readFile(world.recordFile, 'utf8');
    expect(text).not.toMatch(/hidden|sig=secret/);
    expect(JSON.parse(text.trim().split('\n').at(-1)!)).toMatchObject({
      method: 'PUT',
      url: 'https://management.azure.com/disks?api-version=1',
      status: 200,
      request: { properties: { protectedParameters: [{ name: 'K', value: '***' }], adminPassword: '***' } },
      response: { value: [{ accessSAS: 'https://md-1/abcd?***' }] },
    });
  });

  it('a running child follows the clock, and tokens expire by it', async () => {
    const { env } = await world.edge.open(machine);
    const { token } = world.edge.tokens.issue(worker, 'https://x');
    expect(world.edge.tokens.verify(`Bearer ${token}`)).toMatchObject({ principal: worker, audience: 'https://x' });
    expect(world.edge.tokens.verify(`Bearer ${token.slice(0, -2)}AA`)).toBeUndefined();
    world.edge.use({
      name: 'mover',
      answers: (host) => host === 'move.test',
      handle: (_request, response) => {
        world.clock.advance(48 * 3_600_000);
        response.end('moved');
      },
    });
    const [moved, isDate, header] = (await runModule(
      `const before = Date.now();
       const { headers } = await fetch('https://move.test/');
       const later = new Date();
       console.log(JSON.stringify([(later - before) / 3600000, later instanceof Date, typeof Date(), headers.get('date')]));`,
      env,
    )) as [number, boolean, string];
    expect(moved).toBeCloseTo(48, 1);
    expect([isDate, header]).toEqual([true, 'string']);
    expect(world.edge.tokens.verify(`Bearer ${token}`)).toBeUndefined();
  });
});
