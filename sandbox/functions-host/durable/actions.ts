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
  WhenAny: 11,
  WhenAll: 12,
} as const;

/** All in milliseconds. */
export interface RetryOptions {
  firstRetryIntervalInMilliseconds: number;
  maxNumberOfAttempts: number;
  backoffCoefficient?: number;
  maxRetryIntervalInMilliseconds?: number;
  retryTimeoutInMilliseconds?: number;
}

export interface HttpRequestAction {
  method: string;
  uri: string;
  content?: string;
  headers?: Record<string, string>;
  tokenSource?: unknown;
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
  | { kind: 'send'; id: number; target: string; request: EntityRequest };

/** An operation on its way to an entity (the extension's RequestMessage). */
export interface EntityRequest {
  op: string;
  signal?: true;
  /** JSON text. */
  input?: string;
  id: string;
  parent?: string;
  parentExecution?: string;
}
