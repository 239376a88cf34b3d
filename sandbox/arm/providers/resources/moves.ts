import { invalidRequestContent } from '../../errors.ts';
import { bodyOf } from '../../resource.ts';
import { ArmError, type ArmCall, type ArmReply } from '../../types.ts';

/**
 * `moveResources` and `validateMoveResources` of a group. Nothing moves here: what could be moved in Azure is refused
 * in the form in which Azure refuses what cannot.
 * @throws ArmError 400, 404, 409 ResourceMoveProviderValidationFailed
 */
export function refuseMove(call: ArmCall): ArmReply {
  const { resources, targetResourceGroup } = bodyOf(call) as { resources?: string[]; targetResourceGroup?: string };
  if (!Array.isArray(resources) || resources.length === 0) {
    throw invalidRequestContent("Required property 'resources' not found in JSON");
  }
  if (typeof targetResourceGroup !== 'string') {
    throw invalidRequestContent("Required property 'targetResourceGroup' not found in JSON");
  }
  const details = resources.map((id) => {
    const { type } = call.world.store.require(id);
    const message = `Resource move is not supported for resource types '${type}'.`;
    return { code: 'ResourceMoveNotSupported', target: type, message };
  });
  throw new ArmError(
    409,
    'ResourceMoveProviderValidationFailed',
    `Resource move validation failed for the move to '${targetResourceGroup}'. Please see details.`,
    { details: { details } },
  );
}
