import type { Functions } from './evaluate.ts';
import { TemplateError } from './expression.ts';

/** Where a deployment stands: a subscription, and below it a group or nothing. */
export interface DeploymentScope {
  subscriptionId: string;
  resourceGroup: string;
}

export function scopeId({ subscriptionId, resourceGroup }: DeploymentScope): string {
  return `/subscriptions/${subscriptionId}${resourceGroup && `/resourceGroups/${resourceGroup}`}`;
}

/** The id of a resource of a type and name below a scope. @throws TemplateError when their segments do not match */
export function idOf(scope: string, type: string, name: string): string {
  const [namespace, ...kinds] = type.split('/');
  const names = name.split('/');
  if (kinds.length !== names.length || kinds.length === 0) {
    throw new TemplateError(
      `The template resource '${name}' for type '${type}' has incorrect segment lengths. A nested resource type must ` +
        'have identical number of segments as its resource name. A root resource type must have segment length one ' +
        'greater than its resource name. Please see https://aka.ms/arm-syntax-resources for usage details.',
    );
  }
  const path = kinds.map((kind, i) => `${kind}/${names[i]}`).join('/');
  if (/^Microsoft\.Resources\/resourceGroups$/i.test(type)) return `${scope}/resourceGroups/${name}`;
  return `${scope}/providers/${namespace}/${path}`;
}

/** The functions that make ids. */
export function idFunctions(scope: DeploymentScope): Functions {
  const typed = (given: unknown[], before: number): [string[], string, string] => {
    const parts = given.map(String);
    const at = parts.findIndex((part, i) => i <= before && /^[\w-]+(\.[\w-]+)+\/.+/.test(part));
    if (at < 0) throw new TemplateError(`resourceId: no resource type among '${parts.join("', '")}'.`);
    return [parts.slice(0, at), parts[at]!, parts.slice(at + 1).join('/')];
  };
  return {
    resourceid(...args) {
      const [places, type, name] = typed(args, 2);
      const [subscriptionId = scope.subscriptionId, resourceGroup = scope.resourceGroup] =
        places.length === 1 ? [scope.subscriptionId, places[0]!] : places;
      return idOf(scopeId({ subscriptionId, resourceGroup }), type, name);
    },
    subscriptionresourceid(...args) {
      const [[subscriptionId = scope.subscriptionId], type, name] = typed(args, 1);
      return idOf(`/subscriptions/${subscriptionId}`, type, name);
    },
    tenantresourceid(...args) {
      const [, type, name] = typed(args, 0);
      return idOf('', type, name);
    },
    extensionresourceid: (base, type, ...names) => idOf(String(base), String(type), names.join('/')),
  };
}
