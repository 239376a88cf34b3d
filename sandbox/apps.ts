import { constants } from 'node:fs';
import { access, cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArmWorld } from './arm/types.ts';
import type { Caller, CallerPort } from './core/types.ts';
import { fingerprint } from './fingerprint.ts';
import { startFunctionsHost, type FunctionsHost } from './functions-host/index.ts';

/** A deployed Function app whose host runs. */
export interface RunningApp {
  /** Where its host keeps histories and its log. */
  stateDir: string;
  logFile: string;
  /** Ends the host process as `kill -9` does. */
  kill(): Promise<void>;
  /** Starts the host again, on the same histories and with the app settings of the moment. */
  restart(): Promise<void>;
}

/**
 * The Function apps of a world. They follow their sites: written settings and the action `restart` start a host
 * again, `stop` and `start` end and start it, deleting the site removes the app.
 */
export interface Apps {
  /** Deploys a built app (a folder) to a web app, and starts its host; does nothing when that very package runs there. */
  deploy(siteId: string, folder: string): Promise<RunningApp>;
  /** Starts the hosts that ran when the world was stopped. One that does not start is told of, and answers 503. */
  reopen(): Promise<void>;
  /** A site's host; undefined: it does not run. */
  host(siteName: string): FunctionsHost | undefined;
  /** Ends a host as `kill -9` does, and starts it again, as App Service does. Undefined: there is none of that name. */
  crash(siteName: string): Promise<void> | undefined;
  /** Ends all hosts, also those that are being started. */
  stop(): Promise<void>;
}

/** What is kept of an app, under its site's name in lower case. */
interface KeptApp {
  siteId: string;
  /** Of the package that was deployed. */
  fingerprint: string;
}

/**
 * @param options.dir where apps have their folders
 * @param options.open opens a caller's port
 */
export function createApps(options: {
  world: ArmWorld;
  dir: string;
  open(caller: Caller): Promise<CallerPort>;
  /** Aborted when the world ends. */
  signal: AbortSignal;
}): Apps {
  const { world, dir, open, signal } = options;
  const kept = world.state.map<KeptApp>('functions.apps');
  const hosts = new Map<string, FunctionsHost>();
  /** What is under way per app: one start after the other. */
  const queues = new Map<string, Promise<unknown>>();

  const inOrder = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const next = (queues.get(key) ?? Promise.resolve()).catch(() => undefined).then(work);
    queues.set(key, next);
    return next;
  };
  const homeOf = (key: string) => {
    const home = join(dir, key);
    return { home, stateDir: join(home, 'state'), logFile: join(home, 'host.log') };
  };

  async function halt(key: string): Promise<void> {
    const host = hosts.get(key);
    hosts.delete(key);
    await host?.stop();
  }

  /** Starts an app's host, again when it runs. Nothing happens while its site is stopped. */
  async function launch(key: string): Promise<void> {
    signal.throwIfAborted();
    const { siteId, fingerprint } = kept.get(key)!;
    const { home, stateDir, logFile } = homeOf(key);
    const site = world.store.require(siteId);
    await halt(key);
    if (site.properties?.state === 'Stopped') return;
    const port = await open({ id: `functions:${key}`, kind: 'functions', resourceId: site.id });
    const settings = world.store.require(`${siteId}/config/appsettings`).properties as Record<string, string>;
    const host = await startFunctionsHost({
      directory: join(home, fingerprint),
      stateDir,
      env: { ...port.env, ...settings },
      clock: world.clock,
      logFile,
      // What an app gets wrong is to be noticed here, not in Azure.
      strict: true,
    });
    hosts.set(key, host);
  }

  /** For what nobody waits for: the site answers 503 when its host does not start, and stderr says why. */
  const follow = (key: string, work: () => Promise<void>) =>
    inOrder(key, work).catch((error: Error) => {
      if (!signal.aborted) process.stderr.write(`sandbox: the app ${key} does not run: ${error.message}\n`);
    });

  const remove = async (key: string) => {
    await halt(key);
    kept.delete(key);
    await rm(homeOf(key).home, { recursive: true, force: true, maxRetries: 5 });
  };

  world.store.onChange((id, resource) => {
    const match = /\/providers\/Microsoft\.Web\/sites\/([^/]+)(\/config\/(?:appsettings|connectionstrings))?$/i.exec(
      id,
    );
    const key = match?.[1]?.toLowerCase();
    if (key === undefined || !kept.has(key) || signal.aborted) return;
    if (match![2] !== undefined) return void (resource && follow(key, () => launch(key)));
    if (!resource) return void follow(key, () => remove(key));
    const wanted = resource.properties?.state !== 'Stopped';
    void follow(key, async () => {
      if (wanted && !hosts.has(key)) await launch(key);
      else if (!wanted) await halt(key);
    });
  });

  const runningApp = (key: string): RunningApp => {
    const { stateDir, logFile } = homeOf(key);
    return {
      stateDir,
      logFile,
      kill: async () => hosts.get(key)?.kill(),
      restart: () => inOrder(key, () => launch(key)),
    };
  };

  return {
    async deploy(siteId, folder) {
      const site = world.store.require(siteId);
      const key = site.name.toLowerCase();
      const { home, stateDir } = homeOf(key);
      await inOrder(key, async () => {
        signal.throwIfAborted();
        const given = await fingerprint(folder);
        const before = kept.get(key)?.fingerprint;
        if (before === given && hosts.has(key)) return;
        await mkdir(stateDir, { recursive: true });
        await copyOnce(folder, join(home, given));
        kept.set(key, { siteId: site.id, fingerprint: given });
        await launch(key);
        if (before !== undefined && before !== given) await rm(join(home, before), { recursive: true, force: true });
      });
      return runningApp(key);
    },
    async reopen() {
      const keys = [...kept.keys()];
      const siteOf = (key: string) => world.store.get(kept.get(key)!.siteId);
      await Promise.all(keys.map((key) => follow(key, () => (siteOf(key) ? launch(key) : remove(key)))));
    },
    host: (siteName) => hosts.get(siteName.toLowerCase()),
    crash(siteName) {
      const key = siteName.toLowerCase();
      const host = hosts.get(key);
      return host && inOrder(key, () => host.kill().then(() => launch(key)));
    },
    async stop() {
      await Promise.allSettled(queues.values());
      await Promise.all([...hosts.values()].map((host) => host.stop()));
    },
  };
}

/** Copies a folder so that the target is there whole or not at all. */
async function copyOnce(source: string, target: string): Promise<void> {
  const there = await access(target).then(
    () => true,
    () => false,
  );
  if (there) return;
  const half = `${target}.half`;
  await rm(half, { recursive: true, force: true });
  await cp(source, half, { recursive: true, mode: constants.COPYFILE_FICLONE });
  await rename(half, target);
}
