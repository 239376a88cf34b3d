import type { ArmResource, ArmWorld } from '../../../types.ts';
import type { Outcome } from './run.ts';

/** What deployments did, resource by resource. */
export interface DeploymentRecord {
  clear(deploymentId: string): void;
  add(deploymentId: string, outcome: Outcome): void;
  /** In the form of `…/operations` (REST: Deployment Operations - List). */
  list(deploymentId: string): ArmResource[];
}

export function createRecord({ state, clock, guid }: ArmWorld): DeploymentRecord {
  const kept = state.map<ArmResource[]>('arm.deploymentOperations');
  const keyOf = (id: string) => id.toLowerCase();

  return {
    clear: (id) => void kept.delete(keyOf(id)),
    add(id, { resource, error }) {
      const before = kept.get(keyOf(id)) ?? [];
      const operationId = guid().replaceAll('-', '').slice(0, 16).toUpperCase();
      const operation = {
        id: `${id}/operations/${operationId}`,
        operationId,
        properties: {
          provisioningOperation: 'Create',
          provisioningState: error ? 'Failed' : 'Succeeded',
          timestamp: clock.iso(),
          duration: 'PT0S',
          trackingId: guid(),
          serviceRequestId: guid(),
          statusCode: error ? 'Conflict' : 'OK',
          ...(error && { statusMessage: { error: { code: error.code, message: error.message } } }),
          targetResource: { id: resource.id, resourceType: resource.type, resourceName: resource.name },
        },
      };
      // An operation has neither name nor type on the wire.
      kept.set(keyOf(id), [...before, operation as unknown as ArmResource]);
    },
    list: (id) => kept.get(keyOf(id)) ?? [],
  };
}
