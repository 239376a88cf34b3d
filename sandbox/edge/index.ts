import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Faults } from '../core/faults.ts';
import { openState, type State } from '../core/state.ts';
import type { Caller, CallerPort, Clock, Principal, RequestContext, Service, Tokens, Way } from '../core/types.ts';
import { sendText } from './answers.ts';
import { answerIdentityRequest, IDENTITY_PATH } from './appServiceIdentity.ts';
import { openCertificateAuthority } from './certificates.ts';
import { shareClock } from './clockFile.ts';
import { createDispatcher } from './dispatch.ts';
import { createApplications, type Application } from './entra/applications.ts';
import { createEntra } from './entra/service.ts';
import { callerEnvironment, guestEnvironment } from './environment.ts';
import { withPeople } from './identities.ts';
import type { PrincipalOf } from './identities.ts';
import { createInstanceMetadata, type InstanceDocument } from './instanceMetadata.ts';
import { answerName, DNS_PATH, type NameAnswer } from './names.ts';
import { startProxyServer } from './proxyServer.ts';
import type { ProxyServer } from './proxyServer.ts';
import type { Refusal, Target } from './target.ts';
import { createRecorder } from './record.ts';
import { createTokens, openTokenKey } from './tokens.ts';

export type { Application } from './entra/applications.ts';
export { people } from './identities.ts';
export type { IdentitySelector, PrincipalOf } from './identities.ts';
export type { InstanceDocument } from './instanceMetadata.ts';

/** The edge of a world: through it, and only through it, requests come in. */
export interface Edge {
  /** PEM file of the world's certificate authority. */
  caFile: string;
  /** What every child process needs to share the world's certificates and clock, without a proxy of its own. */
  guestEnv: Record<string, string>;
  tokens: Tokens;
  /** Registers an Entra application, which may then get tokens; gives its principal. @throws when its certificate is none */
  register(application: Application): Principal;
  /** The application of that object id. */
  application(objectId: string): Principal | undefined;
  /** Opens a caller's proxy port, or gives the one that is open already. */
  open(caller: Caller): Promise<CallerPort>;
  /** Closes a caller's port and cuts its connections. */
  close(callerId: string): Promise<void>;
  /** Adds a service. The first that answers for a host gets its requests. */
  use(service: Service): void;
  stop(): Promise<void>;
}

export interface EdgeOptions {
  clock: Clock;
  /** Folder for `ca.pem` and the clock's file; made when absent. */
  dir: string;
  tenantId: string;
  /** Managed identities of machines and apps; the operator and the deployer are built in (`identities.ts`). */
  principalOf: PrincipalOf;
  /** What a machine is told of itself; none: nothing. */
  instanceOf?: (caller: Caller) => InstanceDocument | undefined;
  /** File that gets one JSON line per exchange with management.azure.com. */
  record?: string;
  faults: Faults;
  /** Whether a caller's connection comes about; none: all do. */
  wayTo?: ((caller: Caller, target: Target) => Way) | undefined;
  /**
   * What a name leads to for a caller; undefined: no such name.
   * @param answered whether a service of this world answers for it
   */
  resolve?: ((caller: Caller, host: string, answered: boolean) => NameAnswer | undefined) | undefined;
  /** Keeps the authority, the key of the tokens and the callers' ports; none: all are new. */
  state?: State;
}

/** Where everything is when nobody says (RFC 5737). */
const SOMEWHERE = '192.0.2.1';

interface OpenPort {
  port: CallerPort;
  server: ProxyServer;
}

/** Starts the edge. It listens on loopback ports only, one per open caller. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { clock, dir, tenantId, faults, state = openState(), instanceOf = () => undefined } = options;
  const { wayTo = () => ({ open: true, origin: { address: SOMEWHERE } }) } = options;
  const { resolve = (_caller, _host, answered) => (answered ? { addresses: [SOMEWHERE], aliases: [] } : undefined) } =
    options;
  await mkdir(dir, { recursive: true });
  const [authority, tokenKey] = await Promise.all([
    openCertificateAuthority(dir, state.map('edge.authority')),
    openTokenKey(state.map('edge.keys')),
  ]);
  const applications = createApplications(state.map('edge.applications'));
  const tokens = createTokens(clock, tenantId, tokenKey, applications.rolesOf);
  const principalOf = withPeople(options.principalOf);
  const clockFile = join(dir, 'clock');
  const sharedClock = shareClock(clock, clockFile);
  const recorder = options.record === undefined ? undefined : createRecorder(options.record);
  const guestEnv = guestEnvironment({ caFile: authority.caFile, clockFile });
  const services: Service[] = [
    createInstanceMetadata({ tokens, clock, principalOf, instanceOf }),
    createEntra({ tokens, key: tokenKey, clock, tenantId, applications }),
  ];
  const dispatch = createDispatcher({ services, faults, clock, recorder });
  const ports = new Map<string, Promise<OpenPort>>();
  const kept = state.map<number>('edge.ports');

  const isAnswered = (host: string) => services.some((service) => service.answers(host));

  const openPort = async (caller: Caller): Promise<OpenPort> => {
    let env: Record<string, string> = {};
    const direct = (request: IncomingMessage, response: ServerResponse) => {
      const secret = env.IDENTITY_HEADER;
      if (secret !== undefined && request.url?.startsWith(IDENTITY_PATH)) {
        return answerIdentityRequest({ tokens, principalOf, caller, secret }, request, response);
      }
      if (request.url?.startsWith(DNS_PATH)) {
        return answerName((host) => resolve(caller, host, isAnswered(host)), request, response);
      }
      return sendText(response, 400, 'This is a proxy: send requests through it, not to it.\n');
    };
    const proxied = (request: IncomingMessage, response: ServerResponse, target: Target, secure: boolean) => {
      const way = wayTo(caller, target);
      // A connection that stands does not outlive its way.
      if (!way.open) return void request.socket.destroy();
      const context: RequestContext = { caller, host: target.host, secure, origin: way.origin };
      void dispatch(request, response, context);
    };
    const refusalOf = (target: Target): Refusal | undefined => {
      const way = wayTo(caller, target);
      if (way.open) return undefined;
      return { status: way.failure === 'no such name' ? 502 : 504, why: `${way.why}\n` };
    };
    const before = kept.get(caller.id);
    const server = await startProxyServer({ authority, proxied, direct, refusalOf, port: before });
    if (before !== undefined && before !== server.port) {
      process.stderr.write(
        `sandbox edge: port ${before}, which ${caller.id} had, is taken; it has ${server.port} now. ` +
          'What was set up with the old one has to be set up again.\n',
      );
    }
    // Machines and apps are told their proxy whenever they start.
    if (caller.id === caller.kind) kept.set(caller.id, server.port);
    env = { ...guestEnv, ...callerEnvironment(caller, server.url) };
    return { server, port: { caller, proxyUrl: server.url, env } };
  };

  return {
    caFile: authority.caFile,
    guestEnv,
    tokens,
    register: applications.register,
    application: applications.principal,
    async open(caller) {
      const known = ports.get(caller.id) ?? openPort(caller);
      ports.set(caller.id, known);
      return (await known).port;
    },
    async close(callerId) {
      const known = ports.get(callerId);
      ports.delete(callerId);
      await (await known)?.server.close();
    },
    use: (service) => void services.push(service),
    async stop() {
      const open = await Promise.all(ports.values());
      ports.clear();
      await Promise.all(open.map(({ server }) => server.close()));
      sharedClock.stop();
      await recorder?.close();
    },
  };
}
