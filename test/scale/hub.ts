import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LeaseState } from '../../model/leases.ts';
import { openStore } from '../../sandbox/functions-host/durable/store.ts';

const LEASES = '@leases@';

/** What a task hub holds. */
export interface HubView {
  /** Events in the history of each orchestration, by its id. One that continued as new has its last generation's. */
  histories: Map<string, number>;
  /** Owners that hold or wait for something, by lease entity. */
  leased: Record<string, string[]>;
}

/** Looks into a task hub: into a copy, because the host holds the file. */
export async function viewHub(stateDir: string): Promise<HubView> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-'));
  const files = (await readdir(stateDir)).filter((name) => name.startsWith('taskhub-'));
  for (const name of files) await copyFile(join(stateDir, name), join(folder, name));
  const store = openStore(
    join(
      folder,
      files.find((name) => name.endsWith('.db'))!,
    ),
  );
  try {
    const instances = store.instances({ limit: -1 }).map(({ instanceId }) => instanceId);
    const leased: HubView['leased'] = {};
    for (const { id, state } of store.entities({ prefix: LEASES, limit: -1 })) {
      const { holders, waiting } = JSON.parse(state ?? '{"holders":{},"waiting":[]}') as LeaseState;
      const owners = [...Object.keys(holders), ...waiting.map(({ owner }) => owner)];
      if (owners.length > 0) leased[id.slice(LEASES.length)] = owners;
    }
    return { histories: new Map(instances.map((id) => [id, store.history(id).length])), leased };
  } finally {
    store.close();
    await rm(folder, { recursive: true });
  }
}
