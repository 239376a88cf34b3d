import type { IncomingMessage, ServerResponse } from 'node:http';

/** Who sends a request. Each caller has its own proxy port, so a request's origin is known without trusting it. */
export interface Caller {
  /** Unique: `operator`, `operator@<subnet id>`, `deployer`, `functions:<site name>`, `vm:<lower-case VM id>`. */
  id: string;
  kind: 'operator' | 'deployer' | 'functions' | 'machine';
  /** ARM id of the VM or web app that the caller is; of people, the subnet that they are connected to, if any. */
  resourceId?: string;
}

/** What a caller gets: its proxy, and the environment that makes a child process use it. */
export interface CallerPort {
  caller: Caller;
  /** `http://127.0.0.1:<port>` */
  proxyUrl: string;
  /** HTTPS_PROXY, HTTP_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, CURL_CA_BUNDLE, NODE_USE_ENV_PROXY, … */
  env: Record<string, string>;
}

/** The private endpoint through which a connection comes, as its target sees it. */
export interface PrivateLink {
  /** Id of the resource that the endpoint leads to, and the sub-resource (`groupId`). */
  targetId: string;
  groupId: string;
  /** Whether the target's owner has approved the connection, and has not taken that back. */
  approved: boolean;
}

/** Where a connection comes from, as a service sees it. */
export interface Origin {
  /** IPv4: a private address through a private endpoint, else a public one. */
  address: string;
  /** Id of the subnet, where it has a service endpoint of the service that is asked. */
  subnetId?: string;
  /** Absent: it comes over the public side. */
  privateLink?: PrivateLink;
}

/** Whether a connection comes about: from where, or why not (the name does not resolve, nothing answers). */
export type Way =
  { open: true; origin: Origin } | { open: false; failure: 'no such name' | 'no connection'; why: string };

export interface RequestContext {
  caller: Caller;
  /** Host name asked for, lower case, without port. */
  host: string;
  /** True when the caller spoke TLS. */
  secure: boolean;
  /** Where the connection comes from. */
  origin: Origin;
}

/** One part of Azure, reached by host name through the proxy. */
export interface Service {
  readonly name: string;
  /** Whether this service answers for that host name. Names of resources that do not exist resolve to nobody. */
  answers(host: string): boolean;
  handle(request: IncomingMessage, response: ServerResponse, context: RequestContext): void | Promise<void>;
}

/** The sandbox's time: real time plus a settable offset. Every part asks it; none asks `Date`. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** ISO 8601 UTC. */
  iso(): string;
  /** Moves time on (or back). Listeners run after each move: timers, expiries, children's clocks. */
  advance(ms: number): void;
  /** Moves time to the given one (ISO 8601). @throws RangeError when it is none */
  set(iso: string): void;
  /** Milliseconds ahead of real time. */
  readonly offset: number;
  onChange(listener: (offset: number) => void): () => void;
}

/** A principal as a token names it. */
export interface Principal {
  objectId: string;
  clientId: string;
  kind: 'User' | 'ServicePrincipal';
  displayName: string;
}

/** Who shows a token, for whom, and the app roles there. */
export interface TokenHolder {
  principal: Principal;
  audience: string;
  /** Values of the app roles of the audience's application that the principal is assigned to; absent: none. */
  roles?: string[];
}

export interface Tokens {
  /** Signs an access token for a resource (`https://management.azure.com/`, `https://storage.azure.com/`, …). */
  issue(principal: Principal, resource: string): { token: string; expiresOn: number };
  /** What a bearer token says, or undefined when it is absent, forged or expired. */
  verify(authorization: string | undefined): TokenHolder | undefined;
}
