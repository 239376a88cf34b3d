import type { Registry } from '../../../registry.ts';
import { evaluate, type Functions } from '../../../templates/evaluate.ts';
import { TemplateError } from '../../../templates/expression.ts';
import type { DeploymentScope } from '../../../templates/ids.ts';
import { parameterValues, shownParameters, type GivenParameters } from '../../../templates/parameters.ts';
import { dependencies } from '../../../templates/dependencies.ts';
import { plan, variableFunction, type PlannedResource, type Template } from '../../../templates/template.ts';
import { ArmError, type ArmCall } from '../../../types.ts';
import { runtimeFunctions, scopeFunctions, type Question } from './evaluation.ts';
import type { Send } from './send.ts';

/** What became of one resource of a deployment. */
export interface Outcome {
  resource: PlannedResource;
  error?: ArmError;
}

/** A deployment that was understood and can run. */
export interface ReadyDeployment {
  planned: PlannedResource[];
  waits: Map<PlannedResource, PlannedResource[]>;
  /** As the deployment shows them. */
  parameters: Record<string, unknown>;
  functions: Functions;
  template: Template;
}

/** @throws ArmError 400 InvalidTemplate */
function invalidTemplate(error: unknown): ArmError {
  if (!(error instanceof TemplateError)) throw error;
  return new ArmError(400, 'InvalidTemplate', `Deployment template validation failed: '${error.message}'.`, {
    details: { additionalInfo: [{ type: 'TemplateViolation', info: { path: '', lineNumber: 0, linePosition: 0 } }] },
  });
}

/** Understands a template: parameters, loops, conditions, dependencies. @throws ArmError 400 InvalidTemplate */
export function prepare(
  call: ArmCall,
  registry: Registry,
  scope: DeploymentScope,
  template: Template,
  given: GivenParameters,
): ReadyDeployment {
  try {
    const { parameters: definitions = {}, variables = {} } = template;
    const base = scopeFunctions(call, registry, scope);
    const values = parameterValues(definitions, given, base);
    const functions: Functions = {
      ...base,
      parameters(name) {
        const key = String(name).toLowerCase();
        if (!values.has(key)) throw new TemplateError(`The template parameter '${String(name)}' is not found.`);
        return values.get(key);
      },
    };
    functions.variables = variableFunction(variables, () => functions);
    const planned = plan(template, scope, functions);
    return {
      planned,
      waits: dependencies(planned),
      parameters: shownParameters(definitions, values),
      functions,
      template,
    };
  } catch (error) {
    throw invalidTemplate(error);
  }
}

/**
 * Makes the resources of a deployment, each when those it waits for are there, and evaluates the outputs.
 * @param ended is told of each resource
 * @throws ArmError 409 DeploymentFailed with what went wrong
 */
export async function run(
  ready: ReadyDeployment,
  send: Send,
  ended: (outcome: Outcome) => void,
): Promise<Record<string, unknown>> {
  const { planned, waits } = ready;
  const made = new Map<PlannedResource, Promise<void>>();
  const failures: ArmError[] = [];
  const find = (id: string) => planned.find((one) => one.id.toLowerCase() === id.toLowerCase());
  const resolve = (named: string) =>
    named.startsWith('/')
      ? named
      : (planned.find(({ name, id }) => name === named || id.toLowerCase().endsWith(`/${named.toLowerCase()}`))?.id ??
        named);

  /** A resource that an expression asks for is made first, when it is one of this template's. */
  const askFor = (asking: PlannedResource | undefined) => async (question: Question) => {
    const { id, action, apiVersion } = question;
    const target = find(id);
    if (target && target !== asking) await make(target);
    const version = apiVersion ?? target?.apiVersion ?? '';
    return action ? send('POST', `${id}/${action}`, version) : send('GET', id, version);
  };

  async function create(resource: PlannedResource): Promise<void> {
    await Promise.all(waits.get(resource)!.map(make));
    try {
      const { functions, complete } = runtimeFunctions(resolve, askFor(resource));
      const body = await complete(() => resource.body({ ...ready.functions, ...functions }));
      await send('PUT', resource.id, resource.apiVersion, body);
      ended({ resource });
    } catch (thrown) {
      const error = thrown instanceof ArmError ? thrown : invalidTemplate(thrown);
      failures.push(error);
      ended({ resource, error });
      throw error;
    }
  }

  function make(resource: PlannedResource): Promise<void> {
    const known = made.get(resource) ?? create(resource);
    made.set(resource, known);
    return known;
  }

  await Promise.allSettled(planned.map(make));
  if (failures.length > 0) throw deploymentFailed(failures);
  const { functions, complete } = runtimeFunctions(resolve, askFor(undefined));
  const all = { ...ready.functions, ...functions };
  const outputs: Record<string, unknown> = {};
  for (const [name, { type, value, condition }] of Object.entries(ready.template.outputs ?? {})) {
    if (evaluate(condition ?? true, all) !== true) continue;
    const shown = type.replace(/^./, (first) => first.toUpperCase());
    outputs[name] = /^secure/i.test(type)
      ? { type: shown }
      : { type: shown, value: await complete(() => evaluate(value, all)) };
  }
  return outputs;
}

function deploymentFailed(failures: ArmError[]): ArmError {
  return new ArmError(
    409,
    'DeploymentFailed',
    'At least one resource deployment operation failed. Please list deployment operations for details. Please see ' +
      'https://aka.ms/arm-deployment-operations for usage details.',
    { details: { details: failures.map(({ code, message, details }) => ({ code, message, ...details })) } },
  );
}
