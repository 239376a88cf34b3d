import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { StorageSharedKeyCredential as QueueKey } from '@azure/storage-queue';

/** Azurite's published development account. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export interface Azurite {
  blobUrl: string;
  queueUrl: string;
  credential: StorageSharedKeyCredential;
  queueCredential: QueueKey;
  stop(): Promise<void>;
}

/** Blob and queue services in memory, on free ports. */
export async function startAzurite(): Promise<Azurite> {
  const flags = ['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry'];
  const ports = ['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'];
  const program = new URL('../../../node_modules/azurite/dist/src/azurite.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, ...flags, ...ports], { stdio: ['ignore', 'pipe', 'ignore'] });
  const urls: Record<string, string> = {};
  for await (const line of createInterface(child.stdout)) {
    const match = /Azurite (\w+) service is successfully listening at (\S+)/.exec(line);
    if (match) urls[match[1]!] = `${match[2]!}/${ACCOUNT}`;
    if (urls.Blob && urls.Queue && urls.Table) break;
  }
  return {
    blobUrl: urls.Blob!,
    queueUrl: urls.Queue!,
    credential: new StorageSharedKeyCredential(ACCOUNT, KEY),
    queueCredential: new QueueKey(ACCOUNT, KEY),
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
