import { randomUUID } from 'node:crypto';
import type { Logger } from '../log.ts';
import type { ProgrammingModel, RegisteredFunction, Registry, TypedData } from './coreModule.ts';

export interface Invocation {
  /** The trigger's value. */
  trigger: TypedData | null;
  triggerMetadata?: Record<string, TypedData>;
  /** Set from the first retry on. */
  retryContext?: { retryCount: number; maxRetryCount: number };
  /** Sees what the function returned before it is made JSON. */
  inspect?(result: unknown): void;
}

/** Runs one function. @returns its return value, undefined for none. @throws what the function threw */
export type Invoke = (fn: RegisteredFunction, invocation: Invocation) => Promise<TypedData | undefined>;

/** The function ran longer than host.json allows. */
class FunctionTimeoutError extends Error {}

/** `hh:mm:ss`, as the host's log has it. */
const duration = (milliseconds: number) => new Date(milliseconds).toISOString().slice(11, 19);

/**
 * Invokes through the registered programming model, with the hooks around it, as the Node worker does.
 * @param inputs the value of each `in` binding that is not the trigger, by binding type
 * @param timeout milliseconds of real time; after them the call fails, and `onTimeout` ends what still runs
 */
export function createInvoke(options: {
  model: ProgrammingModel;
  registry: Registry;
  inputs: Record<string, () => TypedData>;
  timeout: number;
  onTimeout: () => void;
  log: Logger;
}): Invoke {
  const { model, registry, log } = options;

  const call: (invocationId: string, ...args: Parameters<Invoke>) => ReturnType<Invoke> = async (
    invocationId,
    { metadata, trigger, callback },
    invocation,
  ) => {
    const inputData = Object.entries(metadata.bindings)
      .filter(([, binding]) => binding.direction === 'in')
      .map(([name, binding]) => ({
        name,
        data: binding === trigger ? invocation.trigger : options.inputs[binding.type.toLowerCase()]!(),
      }));
    const context = {
      invocationId,
      metadata,
      state: undefined as string | undefined,
      request: {
        invocationId,
        functionId: metadata.name,
        inputData,
        triggerMetadata: invocation.triggerMetadata ?? {},
        traceContext: {},
        ...(invocation.retryContext && { retryContext: invocation.retryContext }),
      },
      log: (level: Parameters<Logger>[0], category: string, message: string) =>
        log(level, message, { category, function: metadata.name, invocationId }),
    };
    const inv = model.getInvocationModel(context);
    const hookData = {};
    const given = await inv.getArguments();
    const before = { hookData, invocationContext: given.context, functionCallback: callback, inputs: given.inputs };
    context.state = 'preInvocationHooks';
    for (const hook of registry.hooks('preInvocation')) await hook(before);

    context.state = 'invocation';
    const after: Record<string, unknown> & { result?: unknown; error?: unknown } = {
      hookData,
      invocationContext: given.context,
      inputs: before.inputs,
      result: null,
      error: null,
    };
    try {
      after.result = await inv.invokeFunction(given.context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error ?? new Error('The function threw nothing');
    }
    context.state = 'postInvocationHooks';
    for (const hook of registry.hooks('postInvocation')) await hook(after);
    // Whatever the function threw, not only errors: it is the caller's to read.
    if (after.error) return Promise.reject(after.error as Error);
    invocation.inspect?.(after.result);
    const response = await inv.getResponse(given.context, after.result);
    return response.returnValue ?? undefined;
  };

  return async (fn, invocation) => {
    const invocationId = randomUUID();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const text =
          `Timeout value of ${duration(options.timeout)} exceeded by function 'Functions.${fn.metadata.name}' ` +
          `(Id: '${invocationId}').`;
        log('error', `${text} Initiating cancellation.`, { invocationId });
        reject(new FunctionTimeoutError(text));
        options.onTimeout();
      }, options.timeout);
    });
    try {
      return await Promise.race([call(invocationId, fn, invocation), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
