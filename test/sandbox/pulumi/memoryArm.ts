import { createDeployment } from '../../../sandbox/pulumi/deployment.ts';
import type { Deployment } from '../../../sandbox/pulumi/deployment.ts';
import { importResources } from '../../../sandbox/pulumi/importFile.ts';
import type { ImportFile } from '../../../sandbox/pulumi/importFile.ts';
import { observer } from '../../../sandbox/pulumi/exchange.ts';
import { operation, parametersOf } from '../../../sandbox/pulumi/operation.ts';
import type { Operations } from '../../../sandbox/pulumi/operation.ts';
import { urnOf } from '../../../sandbox/pulumi/registration.ts';
import type { Registered, ResourceOptions } from '../../../sandbox/pulumi/registration.ts';
import { keyOf } from '../../../sandbox/pulumi/stack.ts';
import type { Kept } from '../../../sandbox/pulumi/stack.ts';

export const home = '0c000000-0000-4000-8000-000000000000';
export const other = '0c000000-0000-4000-8000-000000000001';
const stackUrn = 'urn:pulumi:test::project::pulumi:pulumi:Stack::project-test';

type Wanted = Omit<Partial<Registered>, 'options'> & Pick<Registered, 'name'> & { options?: Partial<ResourceOptions> };

/** A resource as a program registers it; `type` without a package is of the memory's own. */
export function wanted({
  name,
  type = 'box',
  parent = stackUrn,
  inputs = {},
  options = {},
  ...rest
}: Wanted): Registered {
  const token = type.includes(':') ? type : `azure-native:memory:${type}`;
  return {
    urn: urnOf('test', 'project', parent, token, name),
    type: token,
    name,
    custom: true,
    parent,
    inputs: token.startsWith('azure-native') ? { boxName: name, ...inputs } : inputs,
    dependsOn: [],
    propertyDependencies: {},
    options: { protect: false, retainOnDelete: false, ignoreChanges: [], replaceOnChanges: [], ...options },
    ...rest,
  };
}

/** An exchange as a client's pipeline would show it to the applier. */
async function exchanged(found: object, sent?: object): Promise<object> {
  const request = { method: sent ? 'PUT' : 'GET', ...(sent && { body: JSON.stringify(sent) }) };
  const response = { status: 200, headers: new Map(), bodyAsText: JSON.stringify(found) };
  await observer.sendRequest(request as never, () => Promise.resolve(response as never));
  return found;
}

/** An Azure of boxes and items in them, and a stack of it. Every writing request is noted as `PUT name`. */
export function memoryArm() {
  const requests: string[] = [];
  const there = new Map<string, Record<string, unknown>>();
  const stack = new Map<string, Kept>();

  const operations = (subscriptionId: string): Operations => {
    const made = (path: string) => {
      const idOf = (at: string[]) =>
        parametersOf(path)
          .reduce((id, name, i) => id.replace(`{${name}}`, at[i]!), path)
          .replace('{subscriptionId}', subscriptionId);
      const note = (method: string, id: string) =>
        void (method !== 'GET' && requests.push(`${method} ${id.split('/').slice(4).join('/')}`));
      return operation<string, Record<string, unknown>>(
        path,
        {
          put(at, body) {
            const id = idOf(at);
            note('PUT', id);
            there.set(id, { ...body, id, made: true });
            return exchanged(there.get(id)!, body);
          },
          get(at) {
            const found = there.get(idOf(at));
            return found ? exchanged(found) : Promise.reject(Object.assign(new Error('absent'), { statusCode: 404 }));
          },
          delete(at) {
            note('DELETE', idOf(at));
            return Promise.resolve(there.delete(idOf(at)));
          },
        },
        { replacedBy: ['kind'], subresources: ['contents'] },
      );
    };
    return {
      'azure-native:memory:box': made('/subscriptions/{subscriptionId}/boxes/{boxName}'),
      'azure-native:memory:item': made('/subscriptions/{subscriptionId}/boxes/{boxName}/items/{itemName}'),
    };
  };

  const world = () => ({
    subscriptionId: home,
    entries: [...stack.values()],
    operations,
    change(change: { keep: Kept } | { forget: string }) {
      if ('keep' in change) stack.set(keyOf(change.keep), change.keep);
      else stack.delete(change.forget);
    },
  });

  return {
    requests,
    there,
    stack,
    /** One `pulumi up` of a program that registers these in turn. */
    async up(...program: Registered[]): Promise<Deployment['steps']> {
      requests.length = 0;
      const deployment = createDeployment(world());
      for (const resource of program) await deployment.register(resource);
      await deployment.finish();
      return deployment.steps;
    },
    import: (file: ImportFile, protect = true) =>
      importResources({ ...world(), project: 'project', stack: 'test', file, protect }),
  };
}
