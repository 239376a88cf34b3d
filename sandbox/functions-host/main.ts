// The host's process: loads the app, opens its task hub and serves its triggers until its parent goes.
import { join } from 'node:path';
import { adminListener } from './admin.ts';
import { installCoreModule, type RegisteredFunction, type Registry } from './app/coreModule.ts';
import { createInvoke } from './app/invoke.ts';
import { loadApp } from './app/load.ts';
import { durableFunctions } from './durable/functions.ts';
import { openHub } from './durable/hub.ts';
import { durableClient, type Endpoints } from './durable/links.ts';
import { readHostJson } from './hostJson.ts';
import { openKeys } from './keys.ts';
import { openLog } from './log.ts';
import { RESTART, type HostMessage, type HostStart } from './process.ts';
import { appListener, openServer, publicListener } from './server.ts';
import { httpTriggers } from './triggers/http.ts';
import { queueTrigger } from './triggers/queue.ts';
import { queueService } from './triggers/queueConnection.ts';
import { resolveSettings } from './triggers/settings.ts';
import { timerTrigger } from './triggers/timer.ts';

const TRIGGERS = [
  'httptrigger',
  'queuetrigger',
  'timertrigger',
  'orchestrationtrigger',
  'activitytrigger',
  'entitytrigger',
];

// Nobody may be left behind: the channel to the parent closes however the parent ends.
process.on('disconnect', () => process.exit(0));

const { directory, stateDir, logFile, port, strict, schema } = JSON.parse(process.argv[2]!) as HostStart;
const log = openLog(logFile);
const tell = (message: HostMessage) => process.send!(message);

try {
  const hub = await run();
  process.on('message', () => hub.wake([]));
} catch (error) {
  const text = (error as Error).stack ?? String(error);
  log('critical', `The host did not start: ${text}`, { category: 'Host.Startup' });
  process.send!({ failed: (error as Error).message ?? String(error) } satisfies HostMessage, () => process.exit(1));
}

async function run() {
  const settings = readHostJson(directory, process.env);
  const server = await openServer(port, log);
  const rpc = await openServer(0, log);
  // Before the app loads: durable-functions rewrites the client's URLs when it is missing.
  const site = (process.env.WEBSITE_HOSTNAME ??= `localhost:${server.port}`);

  const registry = installCoreModule((level, category, message) => log(level, message, { category }));
  const model = await loadApp(directory, registry);
  checkBindings(registry);
  const functions = [...registry.functions.values()];
  const keys = openKeys(stateDir);
  const endpoints: Endpoints = {
    origin: `${/^localhost(:|$)/.test(site) ? 'http' : 'https'}://${site}`,
    rpcBaseUrl: `http://127.0.0.1:${rpc.port}/durabletask/`,
    hubName: settings.durableTask.hubName,
    // It can be changed while the host runs.
    get systemKey() {
      return keys.host.systemKeys.durabletask_extension;
    },
  };
  const client = () => ({ string: durableClient(endpoints) });
  const inputs = { durableclient: client, orchestrationclient: client };
  const invoke = createInvoke({ model, registry, inputs, timeout: settings.functionTimeout, onTimeout: restart, log });
  const hub = openHub({
    file: join(stateDir, `taskhub-${settings.durableTask.hubName.toLowerCase()}.db`),
    functions: durableFunctions(registry),
    invoke,
    log,
    settings: settings.durableTask,
    strict,
    schema,
  });
  const http = functions.filter((fn) => isTrigger(fn, 'httptrigger'));
  const { routePrefix } = settings;
  const serveFunctions = httpTriggers({ functions: http, routePrefix, keys, invoke, log });
  const { origin } = endpoints;
  const admin = adminListener({ functions, keys, origin, routePrefix, invoke, log });
  server.serve(publicListener(hub, endpoints, keys, { admin, functions: serveFunctions }));
  rpc.serve(appListener(hub, endpoints));
  for (const fn of functions.filter((one) => isTrigger(one, 'queuetrigger'))) {
    const { connection, queueName } = fn.trigger as { connection?: string; queueName?: string };
    queueTrigger({
      fn,
      service: queueService(connection, process.env),
      queueName: resolveSettings(queueName ?? '', process.env),
      settings: settings.queues,
      invoke,
      log,
    });
  }
  for (const fn of functions.filter((one) => isTrigger(one, 'timertrigger'))) {
    const {
      schedule,
      runOnStartup = false,
      useMonitor,
    } = fn.trigger as {
      schedule?: string;
      runOnStartup?: boolean;
      useMonitor?: boolean;
    };
    const resolved = resolveSettings(schedule ?? '', process.env);
    timerTrigger({ fn, schedule: resolved, runOnStartup, useMonitor, stateDir, invoke, log });
  }
  log('information', `Host started with ${functions.length} functions`, {
    category: 'Host.Startup',
    port: server.port,
  });
  tell({ url: `http://127.0.0.1:${server.port}`, keys: keys.host });
  return hub;
}

/**
 * Ends the process, to be started again by its parent: a function that took too long cannot be stopped otherwise, and in
 * Azure the worker process restarts too. What is under way then runs again, as there. The failed call's result has some
 * time to be stored; were it not, it would be one of those that run again.
 */
function restart(): void {
  setTimeout(() => process.exit(RESTART), 500);
}

function isTrigger(fn: RegisteredFunction, type: string): boolean {
  return fn.trigger.type.toLowerCase() === type;
}

/** Says so when an app needs what this host does not have, instead of leaving a function that never runs. */
function checkBindings(registry: Registry): void {
  for (const { metadata, trigger } of registry.functions.values()) {
    if (!TRIGGERS.includes(trigger.type.toLowerCase())) {
      throw new Error(`Function "${metadata.name}": this host has no ${trigger.type}`);
    }
    for (const binding of Object.values(metadata.bindings)) {
      const type = binding.type.toLowerCase();
      const known =
        binding.direction === 'out' ? type === 'http' : type === 'durableclient' || type === 'orchestrationclient';
      if (binding === trigger || known) continue;
      throw new Error(
        `Function "${metadata.name}": this host has no ${binding.direction} binding of type ${binding.type}`,
      );
    }
  }
}
