/** `actionType` of durable-functions' actions. */
export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  ScheduledSignalEntity: 10,
  WhenAny: 11,
  WhenAll: 12,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

/** All in milliseconds. */
export interface RetryOptions {
  firstRetryIntervalInMilliseconds: number;
  maxNumberOfAttempts: number;
  backoffCoefficient?: number;
  maxRetryIntervalInMilliseconds?: number;
  retryTimeoutInMilliseconds?: number;
}

/** Where `callHttp` gets a bearer token: the app's managed identity. */
export interface TokenSource {
  kind: string;
  /** The resource's URI; `/.default` at its end is left out. */
  resource: string;
}

export interface HttpRequestAction {
  method: string;
  uri: string;
  content?: string;
  headers?: Record<string, string>;
  tokenSource?: TokenSource | null;
  asynchronousPatternEnabled?: boolean;
}

/** What an orchestrator asks for, as the SDK hands it over. Which fields are there depends on the type. */
export interface Action {
  actionType: number;
  functionName?: string;
  input?: unknown;
  retryOptions?: RetryOptions;
  instanceId?: string;
  version?: string;
  fireAt?: string;
  isCanceled?: boolean;
  externalEventName?: string;
  operation?: string;
  httpRequest?: HttpRequestAction;
  compoundActions?: Action[];
  lockSet?: EntityId[];
}

/** An orchestrator's state: all that it has asked for since the start of the execution. */
export interface OrchestratorState {
  isDone: boolean;
  actions: Action[][];
  output?: unknown;
  customStatus?: unknown;
  error?: string;
}

/** Something for the engine to do; `id` is the sequence id that ties it to the history. */
export type Decision =
  | { kind: 'activity'; id: number; name: string; input: unknown }
  | { kind: 'orchestration'; id: number; name: string; instanceId: string; input: unknown; version?: string }
  | { kind: 'timer'; id: number; fireAt: string }
  | { kind: 'send'; id: number; target: string; event: string; message: EntityMessage };

/** The name is in lower case. */
export interface EntityId {
  name: string;
  key: string;
}

/** What reaches an entity. Field names are those of the extension's messages. */
export type EntityMessage = EntityRequest | EntityLockRequest | EntityRelease;

/** An operation on its way to an entity. */
export interface EntityRequest {
  op: string;
  signal?: true;
  /** JSON text. */
  input?: string;
  id: string;
  parent?: string;
  parentExecution?: string;
  /** A signal for later, ISO 8601 UTC. */
  due?: string;
}

/** A lock on its way through a sorted set of entities: each locks itself and passes it on. */
export interface EntityLockRequest {
  op: null;
  lockset: EntityId[];
  /** Whose turn it is. */
  pos: number;
  id: string;
  parent: string;
  parentExecution: string;
}

/** Takes the lock back that `parent` holds; `id` is its request's. */
export interface EntityRelease {
  parent: string;
  id: string;
}
