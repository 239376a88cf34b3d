import { Module } from 'node:module';

/** What travels between host and worker for one value (RpcTypedData). */
export interface TypedData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  int?: number;
  double?: number;
  http?: HttpData;
}

/** RpcHttpData, both ways. */
export interface HttpData {
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  params?: Record<string, string>;
  query?: Record<string, string>;
  statusCode?: string;
  body?: TypedData | null;
  cookies?: HttpCookie[];
}

interface Nullable<T> {
  value: T;
}

export interface HttpCookie {
  name: string;
  value: string;
  domain?: Nullable<string>;
  path?: Nullable<string>;
  expires?: Nullable<{ seconds: number }>;
  secure?: Nullable<boolean>;
  httpOnly?: Nullable<boolean>;
  sameSite?: string;
  maxAge?: Nullable<number>;
}

export interface BindingInfo {
  type: string;
  direction: 'in' | 'out' | 'inout';
  name: string;
  [option: string]: unknown;
}

export interface FunctionMetadata {
  name: string;
  bindings: Record<string, BindingInfo>;
  /** RpcRetryOptions; the triggers that retry read them. */
  retryOptions?: object;
}

export type FunctionCallback = (...args: unknown[]) => unknown;

/** A function that the app has registered; `trigger` is its one trigger binding. */
export interface RegisteredFunction {
  metadata: FunctionMetadata;
  trigger: BindingInfo;
  callback: FunctionCallback;
}

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';

export interface InvocationRequest {
  invocationId: string;
  functionId: string;
  inputData: { name: string; data: TypedData | null }[];
  triggerMetadata: Record<string, TypedData>;
  traceContext: Record<string, unknown>;
  /** Set from the first retry on. */
  retryContext?: { retryCount: number; maxRetryCount: number };
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(
    context: unknown,
    result: unknown,
  ): Promise<{ returnValue?: TypedData | null; outputData: { name: string; data: TypedData }[] }>;
}

export interface ProgrammingModel {
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
  getInvocationModel(context: {
    invocationId: string;
    metadata: FunctionMetadata;
    request: InvocationRequest;
    state?: string;
    log(level: LogLevel, category: string, message: string): void;
  }): InvocationModel;
}

export type Hook = (context: Record<string, unknown>) => unknown;

/** What an app registers through `@azure/functions`. */
export interface Registry {
  /** By name, as the app wrote it. */
  functions: Map<string, RegisteredFunction>;
  hooks(name: string): Hook[];
  model(): ProgrammingModel | undefined;
  /** From now on registering throws, as in Azure. */
  close(): void;
}

const CORE_MODULE = '@azure/functions-core';
const HOST_VERSION = '4.1040.300';

/** The class that the core module hands out: something to undo. */
class Disposable {
  private readonly undo: () => void;
  constructor(undo: () => void) {
    this.undo = undo;
  }
  static from(...parts: { dispose(): void }[]): Disposable {
    return new Disposable(() => parts.forEach((part) => part.dispose()));
  }
  dispose(): void {
    this.undo();
  }
}

/**
 * Answers `require('@azure/functions-core')` in this process, the way the Node worker does: by patching
 * `Module.prototype.require`. To be called before the app is imported, because the library asks once.
 */
export function installCoreModule(log: (level: LogLevel, category: string, message: string) => void): Registry {
  const functions = new Map<string, RegisteredFunction>();
  const hooks = new Map<string, Hook[]>();
  let model: ProgrammingModel | undefined;
  let closed = false;

  const core = {
    version: '3.12.0',
    hostVersion: HOST_VERSION,
    Disposable,
    log,
    getProgrammingModel: () => model,
    setProgrammingModel: (given: ProgrammingModel) => void (model = given),
    registerHook(name: string, hook: Hook) {
      const list = hooks.get(name) ?? [];
      hooks.set(name, [...list, hook]);
      return new Disposable(() =>
        hooks.set(
          name,
          hooks.get(name)!.filter((one) => one !== hook),
        ),
      );
    },
    registerFunction(metadata: FunctionMetadata, callback: FunctionCallback) {
      if (closed) throw new Error('A function can only be registered during app startup.');
      if (functions.has(metadata.name))
        throw new Error(`A function with name "${metadata.name}" has already been registered.`);
      const trigger = Object.values(metadata.bindings).find((binding) => /trigger$/i.test(binding.type));
      if (!trigger) throw new Error(`Function "${metadata.name}" has no trigger.`);
      functions.set(metadata.name, { metadata, trigger, callback });
      return new Disposable(() => functions.delete(metadata.name));
    },
  };

  const prototype = Module.prototype as unknown as { require(this: unknown, id: string): unknown };
  const original = prototype.require;
  prototype.require = function (id) {
    return id === CORE_MODULE ? core : original.call(this, id);
  };
  return { functions, hooks: (name) => hooks.get(name) ?? [], model: () => model, close: () => void (closed = true) };
}
