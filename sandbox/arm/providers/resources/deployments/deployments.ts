import { authorizeTemplate } from '../../../access/authorize.ts';
import { bodyOf } from '../../../resource.ts';
import type { Registry } from '../../../registry.ts';
import type { DeploymentScope } from '../../../templates/ids.ts';
import type { GivenParameters } from '../../../templates/parameters.ts';
import type { Template } from '../../../templates/template.ts';
import { ArmError, type ArmCall, type ArmResource, type Provider, type ResourceType } from '../../../types.ts';
import { notSupported } from '../../../errors.ts';
import { createRecord, type DeploymentRecord } from './record.ts';
import { prepare, run, type ReadyDeployment } from './run.ts';
import { sender, type Dispatch } from './send.ts';

const DEPLOYMENT = 'Microsoft.Resources/deployments';
const NAME = /^[-\w.()]{1,64}$/;

interface DeploymentProperties {
  mode?: string;
  template?: Template;
  templateLink?: unknown;
  parameters?: GivenParameters;
  parametersLink?: unknown;
}

function checkName(name: string): void {
  if (NAME.test(name) && !name.endsWith('.')) return;
  throw new ArmError(
    400,
    'InvalidDeploymentName',
    `The provided deployment name '${name}' is invalid. The name must be between 1 and 64 characters of letters, ` +
      'digits, -, _, (, ) and ., and cannot end with a period.',
  );
}

/** What a PUT or a validation asks for. @throws ArmError 400, 403, 501 */
function understood(call: ArmCall, registry: Registry): ReadyDeployment {
  checkName(call.path.name);
  const { template, templateLink, parametersLink, parameters, mode } = (bodyOf(call).properties ??
    {}) as DeploymentProperties;
  if (templateLink || parametersLink) {
    throw notSupported(call.method, call.path.id, 'Templates and parameters behind a link: send them inline.');
  }
  if (!template || typeof template !== 'object') {
    throw new ArmError(400, 'InvalidRequestContent', "The deployment's properties have neither template nor link.");
  }
  if (mode?.toLowerCase() === 'complete') {
    throw notSupported(call.method, call.path.id, "Mode 'Complete': use 'Incremental'.");
  }
  if (mode?.toLowerCase() !== 'incremental') {
    throw new ArmError(400, 'InvalidDeploymentMode', `The deployment mode '${mode}' is not Incremental or Complete.`);
  }
  const scope: DeploymentScope = {
    subscriptionId: call.path.subscriptionId,
    resourceGroup: call.path.resourceGroup,
  };
  if (scope.resourceGroup === '' && bodyOf(call).location === undefined) {
    throw new ArmError(400, 'LocationRequired', 'The location property is required for a subscription deployment.');
  }
  const ready = prepare(call, registry, scope, template, parameters ?? {});
  authorizeTemplate(call, ready.planned);
  return ready;
}

/**
 * Microsoft.Resources/deployments at groups and subscriptions: inline templates, mode Incremental. Every resource of a
 * template goes through ARM as a PUT of its own.
 */
function deploymentType(registry: Registry, dispatch: Dispatch, record: DeploymentRecord): ResourceType {
  const shown = (ready: ReadyDeployment, call: ArmCall) => ({
    mode: 'Incremental',
    parameters: ready.parameters,
    timestamp: call.world.clock.iso(),
    duration: 'PT0S',
    correlationId: call.world.guid(),
    providers: providersOf(ready),
    dependencies: dependenciesOf(ready),
  });

  return {
    type: DEPLOYMENT,
    shape: {
      properties: { mode: 'string', template: { $schema: 'string', contentVersion: 'string' }, parameters: {} },
    },
    put(call) {
      const ready = understood(call, registry);
      const { id, name, type } = call.path;
      const { store, clock } = call.world;
      const { location, tags } = bodyOf(call);
      const began = clock.now();
      const properties = shown(ready, call);
      const put = (more: Record<string, unknown>) =>
        store.put({
          id,
          name,
          type,
          ...(location && { location }),
          ...(tags && { tags }),
          properties: { ...properties, ...more, duration: `PT${((clock.now() - began) / 1000).toFixed(7)}S` },
        });
      record.clear(id);
      put({ provisioningState: 'Accepted' });
      const work = async () => {
        try {
          const outputs = await run(ready, sender(dispatch, call), (outcome) => record.add(id, outcome));
          const outputResources = ready.planned.map((resource) => ({ id: resource.id }));
          put({ provisioningState: 'Succeeded', outputs, outputResources });
        } catch (error) {
          const { code, message, details } = error as ArmError;
          put({ provisioningState: 'Failed', error: { code, message, ...details } });
          throw error;
        }
      };
      return { status: 201, longRunning: { style: 'azure-async', work } };
    },
    delete(call, existing) {
      const work = () => {
        record.clear(existing.id);
        call.world.store.delete(existing.id);
        return Promise.resolve();
      };
      return { status: 202, longRunning: { style: 'location', work } };
    },
    // Validation speaks of a deployment that need not be there.
    find(call) {
      const { id, name, type } = call.path;
      return call.action === 'validate' ? { id, name, type } : undefined;
    },
    actions: {
      validate(call) {
        const ready = understood(call, registry);
        const validatedResources = ready.planned.map(({ id }) => ({ id }));
        const { id, name, type } = call.path;
        const properties = { ...shown(ready, call), provisioningState: 'Succeeded', validatedResources };
        return { status: 200, body: { id, name, type, properties } };
      },
    },
  };
}

function providersOf({ planned }: ReadyDeployment): unknown {
  const types = [...new Set(planned.map(({ type }) => type))];
  const namespaces = [...new Set(types.map((type) => type.split('/')[0]!))];
  return namespaces.map((namespace) => ({
    namespace,
    resourceTypes: types
      .filter((type) => type.startsWith(`${namespace}/`))
      .map((type) => ({ resourceType: type.slice(namespace.length + 1), locations: [null] })),
  }));
}

function dependenciesOf({ planned, waits }: ReadyDeployment): unknown {
  const basic = ({ id, type, name }: { id: string; type: string; name: string }) => ({
    id,
    resourceType: type,
    resourceName: name,
  });
  return planned
    .filter((one) => waits.get(one)!.length > 0)
    .map((one) => ({ dependsOn: waits.get(one)!.map(basic), ...basic(one) }));
}

/** GET …/deployments/{name}/operations[/{id}] */
function operationType(record: DeploymentRecord): ResourceType {
  const all = (call: ArmCall): ArmResource[] => {
    const [deployment] = call.path.id.split(/\/operations(?:\/|$)/i);
    return record.list(deployment!);
  };
  return {
    type: `${DEPLOYMENT}/operations`,
    list: all,
    find: (call) => all(call).find((one) => one.operationId === call.path.name),
  };
}

/** Deployments, and what they did; a second part of Microsoft.Resources. */
export function createDeployments(registry: Registry, world: ArmCall['world'], dispatch: Dispatch): Provider {
  const record = createRecord(world);
  return {
    namespace: 'Microsoft.Resources',
    types: [deploymentType(registry, dispatch, record), operationType(record)],
  };
}
