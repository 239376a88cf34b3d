import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendLog } from '../../../azure/appendLog.ts';
import { blobStore } from '../../../azure/blobStore.ts';
import { messageQueue } from '../../../azure/queues.ts';
import { objectStoreContract } from '../../contract/objectStore.ts';
import { startAzurite, type Azurite } from './azurite.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

async function container(name: string): Promise<string> {
  const url = `${azurite.blobUrl}/${name}`;
  await new ContainerClient(url, azurite.credential).create();
  return url;
}

objectStoreContract('blob container', async () => ({
  store: blobStore(await container('contract'), azurite.credential),
}));

describe('blob store', () => {
  test('an object keeps the MD5 that Azure computed of it', async () => {
    const url = await container('md5');
    await blobStore(url, azurite.credential).put('a', [Buffer.from('ab'), Buffer.from('c')]);
    const { contentMD5 } = await new ContainerClient(url, azurite.credential).getBlobClient('a').getProperties();
    expect(Buffer.from(contentMD5!).toString('hex')).toBe('900150983cd24fb0d6963f7d28e17f72');
  });

  test('a refusal names container, object and code, and no query', async () => {
    const url = await container('refused');
    const wrong = new StorageSharedKeyCredential('devstoreaccount1', Buffer.from('wrong').toString('base64'));
    const error = await blobStore(`${url}?sv=1&sig=secret`, wrong)
      .get('a')
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'AZURE_REFUSED', details: { status: '403' } });
    expect(String(error)).toContain('/refused/a');
    expect(JSON.stringify(error) + String(error)).not.toContain('secret');
  });

  test('a conditional put whose first answer was lost is not taken for another writer', async () => {
    const url = await container('lost');
    const front = await dropFirstPutAnswer(new URL(url).origin);
    try {
      const store = blobStore(url.replace(new URL(url).origin, front.url), azurite.credential);
      const put = await store.put('pack', [Buffer.from('nonce and data')], { ifAbsent: true });
      expect(front.puts()).toBe(2);
      expect(put).toEqual(await store.head('pack'));
      await expect(store.put('pack', [Buffer.from('other')], { ifAbsent: true })).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
      });
    } finally {
      front.server.close();
    }
  });
});

/** Passes everything on to Azurite, and cuts the first PUT's connection after it was carried out. */
async function dropFirstPutAnswer(target: string): Promise<{ url: string; server: Server; puts(): number }> {
  let puts = 0;
  const server = createServer((request, response) => void pass(request, response));
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !['connection', 'content-length'].includes(name)),
    ) as Record<string, string>;
    const hasBody = request.method === 'PUT';
    const answer = await fetch(target + request.url!, {
      method: request.method,
      headers,
      body: hasBody ? body : undefined,
    });
    if (hasBody && ++puts === 1) return void request.socket.destroy();
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, puts: () => puts };
}

describe('message queue', () => {
  test('text travels as it is; a message is hidden, renewed and deleted', async () => {
    const queue = messageQueue(`${azurite.queueUrl}/worker-a1`, azurite.queueCredential);
    await queue.create();
    await queue.create();
    const text = '{"v":1,"box":"<&\\"é"}';
    await queue.send(text);
    const [message, ...others] = await queue.receive(60);
    expect(others).toEqual([]);
    expect(message).toMatchObject({ text, deliveries: 1 });
    expect(await queue.receive(60)).toEqual([]);
    await message!.renew(60);
    await message!.renew(1);
    await message!.delete();
    await message!.delete();
    await queue.delete();
    await queue.delete();
    await expect(queue.receive(60)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(queue.send(text)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('append log', () => {
  test('lines are appended in order, an existing log is continued, nothing fails when the account is gone', async () => {
    const url = `${await container('logs')}/attempt.log`;
    for (const lines of [['one\n', 'two\n'], ['three\n']]) {
      const log = appendLog(url, azurite.credential);
      for (const line of lines) log.stream.write(line);
      await log.close();
    }
    const { data } = await blobStore(`${azurite.blobUrl}/logs`, azurite.credential).get('attempt.log');
    expect(data.toString()).toBe('one\ntwo\nthree\n');

    const gone = appendLog(`${azurite.blobUrl}/no-such-container/a.log`, azurite.credential);
    gone.stream.write('lost\n');
    expect(await gone.flush()).toBe(false);
    await gone.close();
  });
});
