import { evaluate, type Functions, type TemplateFunction } from './evaluate.ts';
import { TemplateError } from './expression.ts';
import { idOf, scopeId, type DeploymentScope } from './ids.ts';
import type { ParameterDefinition } from './parameters.ts';

/** A template (schema 2015-01-01 and 2019-04-01). */
export interface Template {
  $schema?: string;
  contentVersion?: string;
  parameters?: Record<string, ParameterDefinition>;
  variables?: Record<string, unknown>;
  resources?: TemplateResource[] | Record<string, TemplateResource>;
  outputs?: Record<string, { type: string; value?: unknown; condition?: unknown }>;
}

/** A resource as a template writes it, expressions and all. */
export interface TemplateResource {
  type: string;
  name: string;
  apiVersion?: string;
  condition?: unknown;
  dependsOn?: string[];
  copy?: { name: string; count: unknown };
  resources?: TemplateResource[];
  scope?: string;
  resourceGroup?: string;
  subscriptionId?: string;
  existing?: boolean;
  [field: string]: unknown;
}

/** One resource that a deployment makes. Its body is evaluated when what it needs is there. */
export interface PlannedResource {
  id: string;
  type: string;
  name: string;
  apiVersion: string;
  /** Name of the `copy` loop it came from, lower case. */
  loop?: string;
  /** As written, expressions evaluated. */
  dependsOn: string[];
  /** @throws TemplateError, and what the functions throw */
  body(functions: Functions): Record<string, unknown>;
}

/** Fields that speak to the deployment and not to the resource. */
const own = new Set([
  'type',
  'name',
  'apiversion',
  'condition',
  'dependson',
  'copy',
  'resources',
  'scope',
  'comments',
  'existing',
]);

/** `copyIndex([loop], [offset])` in the iteration of a loop. */
function copyIndex(loop: string, index: number): TemplateFunction {
  return (first, second) => {
    if (typeof first === 'string' && first.toLowerCase() !== loop.toLowerCase()) {
      throw new TemplateError(`The copy loop '${first}' is not found.`);
    }
    return index + Number((typeof first === 'string' ? second : first) ?? 0);
  };
}

/** A nested template belongs to its parent's scope unless it says `inner`: then its own deployment evaluates it. */
function isInner(resource: TemplateResource): boolean {
  const { expressionEvaluationOptions: options } = (resource.properties ?? {}) as {
    expressionEvaluationOptions?: { scope?: string };
  };
  return options?.scope?.toLowerCase() === 'inner';
}

function bodyOf(resource: TemplateResource, iteration: Functions) {
  const fields = Object.fromEntries(Object.entries(resource).filter(([key]) => !own.has(key.toLowerCase())));
  const nested = /^Microsoft\.Resources\/deployments$/i.test(resource.type);
  if (nested) for (const place of ['resourceGroup', 'subscriptionId']) delete fields[place];
  if (!nested || !isInner(resource)) {
    return (functions: Functions) => evaluate(fields, { ...functions, ...iteration }) as typeof fields;
  }
  const { template, ...properties } = resource.properties as Record<string, unknown>;
  return (functions: Functions) => {
    const done = evaluate({ ...fields, properties }, { ...functions, ...iteration }) as { properties: object };
    return { ...done, properties: { ...done.properties, template } };
  };
}

/** @throws TemplateError */
function checked(one: PlannedResource, others: PlannedResource[]): PlannedResource {
  const { id, type, name, apiVersion } = one;
  if (!apiVersion) throw new TemplateError(`The template resource '${name}' of type '${type}' has no apiVersion.`);
  if (others.some((other) => other.id.toLowerCase() === id.toLowerCase())) {
    throw new TemplateError(
      `The resource '${type}/${name}' is defined multiple times in a template. Please see ` +
        'https://aka.ms/arm-syntax-resources for usage details.',
    );
  }
  return one;
}

/** A template's resources in the order written, loops unrolled, children beside their parents, conditions decided. */
export function plan(template: Template, scope: DeploymentScope, functions: Functions): PlannedResource[] {
  const planned: PlannedResource[] = [];
  const { resources = [] } = template;
  if (typeof resources !== 'object') throw new TemplateError("The template's resources are neither array nor object.");
  const list = Array.isArray(resources) ? resources : Object.values(resources ?? {});

  function add(resource: TemplateResource, iteration: Functions, loop: string | undefined, parent?: PlannedResource) {
    const all = { ...functions, ...iteration };
    const value = (part: unknown) => (part === undefined ? undefined : (evaluate(part, all) as string));
    const type = parent ? `${parent.type}/${resource.type}` : resource.type;
    const shortName = value(resource.name)!;
    const name = parent ? `${parent.name}/${shortName}` : shortName;
    const at = placeOf(resource, value);
    const one: PlannedResource = {
      id: idOf(at, type, name),
      type,
      name,
      apiVersion: value(resource.apiVersion) ?? '',
      ...(loop !== undefined && { loop: loop.toLowerCase() }),
      dependsOn: [...(resource.dependsOn ?? []).map((entry) => value(entry)!), ...(parent ? [parent.id] : [])],
      body: bodyOf(resource, iteration),
    };
    const wanted = resource.existing !== true && (evaluate(resource.condition, all) ?? true) === true;
    if (wanted) planned.push(checked(one, planned));
    for (const child of resource.resources ?? []) unroll(child, iteration, one);
  }

  function placeOf(resource: TemplateResource, value: (part: unknown) => string | undefined): string {
    const target = value(resource.scope);
    if (target !== undefined) return target.startsWith('/') ? target : `${scopeId(scope)}/providers/${target}`;
    return scopeId({
      subscriptionId: value(resource.subscriptionId) ?? scope.subscriptionId,
      resourceGroup: value(resource.resourceGroup) ?? scope.resourceGroup,
    });
  }

  function unroll(resource: TemplateResource, iteration: Functions, parent?: PlannedResource) {
    if (!resource.type || !resource.name) throw new TemplateError('A template resource has no type or no name.');
    if (!resource.copy) return add(resource, iteration, undefined, parent);
    const { name, count } = resource.copy;
    const times = Number(evaluate(count, { ...functions, ...iteration }));
    for (let i = 0; i < times; i++) add(resource, { ...iteration, copyindex: copyIndex(name, i) }, name, parent);
  }

  for (const resource of list) unroll(resource, {});
  return planned;
}

/** `variables('x')`: each evaluated when it is first asked for. */
export function variableFunction(variables: Record<string, unknown>, functions: () => Functions): TemplateFunction {
  const all = new Map(Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value]));
  const known = new Map<string, unknown>();
  return (wanted) => {
    const name = String(wanted).toLowerCase();
    if (!all.has(name)) throw new TemplateError(`The template variable '${String(wanted)}' is not found.`);
    if (!known.has(name)) known.set(name, evaluate(all.get(name), functions()));
    return known.get(name);
  };
}
