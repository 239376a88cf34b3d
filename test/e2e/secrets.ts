import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { World } from '../../demo/world.ts';
import { openStore } from '../../sandbox/functions-host/durable/store.ts';
import { blobNames, readBlob } from './blobs.ts';

/** A signature of a SAS, and the head of a JSON Web Token. */
const patterns = [/sig=[A-Za-z0-9%+/]{16}/, /eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}/];

/**
 * Looks for secrets in everything that sessions leave behind: Durable histories and host logs, tables and queues as
 * stored, resources with their tags, worker logs. Gives a line for each find.
 */
export async function secretsIn(world: World): Promise<string[]> {
  const { sandbox, layout } = world;
  const finds: string[] = [];
  const keys = await messageKeys(join(sandbox.dir, 'compute'));
  if (keys.length === 0) throw new Error('No message key was found on any worker: the search would prove nothing.');
  const look = (where: string, content: Buffer) => {
    const text = content.toString('latin1');
    for (const pattern of patterns) {
      const match = pattern.exec(text);
      if (match) finds.push(`${where}: ${text.slice(Math.max(0, match.index - 60), match.index + 20)}`);
    }
    for (const key of keys) {
      if (content.includes(key) || content.includes(Buffer.from(key, 'base64'))) finds.push(`${where}: a message key`);
    }
  };
  let files = 0;
  for (const file of [
    ...(await filesBelow(world.app.stateDir)),
    world.app.logFile,
    ...(await tablesAndQueues(join(sandbox.dir, 'storage'))),
  ]) {
    look(file, await readFile(file));
    files++;
  }
  for (const [id, history] of await histories(world.app.stateDir)) look(`the history of ${id}`, Buffer.from(history));
  if (files < 4) throw new Error(`Only ${files} files were searched.`);
  look('resources', Buffer.from(JSON.stringify(sandbox.world.store.under(`/subscriptions/${sandbox.subscriptionId}`))));
  const logs = `${layout.account.blobUrl}/${layout.workerLogsContainer}`;
  const names = await blobNames(world, logs);
  if (names.length === 0) throw new Error('No worker log was found.');
  for (const name of names) look(name, await readBlob(world, name, logs));
  return finds;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Histories by instance, as text: the file has those of ended instances compressed. Read from a copy, because the host
 * holds the file.
 */
async function histories(stateDir: string): Promise<[string, string][]> {
  const folder = await mkdtemp(join(tmpdir(), 'histories-'));
  const hub = (await readdir(stateDir)).filter((name) => name.startsWith('taskhub-'));
  for (const name of hub) await copyFile(join(stateDir, name), join(folder, name));
  const store = openStore(
    join(
      folder,
      hub.find((name) => name.endsWith('.db'))!,
    ),
  );
  const found = store
    .instances({ limit: -1 })
    .map(({ instanceId }): [string, string] => [instanceId, store.turns(instanceId).join('\n')]);
  store.close();
  await rm(folder, { recursive: true });
  if (!found.some(([, text]) => text.includes('"TaskScheduledId"'))) throw new Error('No history was found.');
  return found;
}

/** What Azurite keeps of tables and queues: its databases and the queues' message extents. */
async function tablesAndQueues(folder: string): Promise<string[]> {
  return (await filesBelow(folder)).filter((file) => /table|queue/i.test(file));
}

/** The keys that workers were given, from the settings files on the machines themselves. */
async function messageKeys(folder: string): Promise<string[]> {
  const settings = (await filesBelow(folder)).filter((file) => file.endsWith('.env'));
  const texts = await Promise.all(settings.map((file) => readFile(file, 'utf8')));
  return texts.flatMap((text) => /^STRONGROOM_MESSAGE_KEY="?([^"\n]+)/m.exec(text)?.[1] ?? []);
}
