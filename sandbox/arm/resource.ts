import { invalidRequestContent } from './errors.ts';
import { ArmError, type ArmCall, type ArmReply, type ArmResource, type ResourceStore } from './types.ts';

/** The fields of a resource's body that every tracked type has. */
export interface ResourceBody {
  location?: string;
  tags?: Record<string, string>;
  properties?: Record<string, unknown>;
  [field: string]: unknown;
}

/** The body of a PUT or PATCH; the router has seen to it that it is an object. */
export function bodyOf(call: ArmCall): ResourceBody {
  const body = call.body as ResourceBody;
  if (body.properties != null && (typeof body.properties !== 'object' || Array.isArray(body.properties))) {
    throw invalidRequestContent("Path 'properties': expected an object");
  }
  return body;
}

/**
 * Id, name, type, location and tags of a resource that is being written. A PUT without tags takes the old ones away.
 * @throws ArmError 400 LocationRequired
 */
export function tracked(call: ArmCall, existing: ArmResource | undefined): ArmResource {
  const { location, tags } = bodyOf(call);
  const place = location ?? existing?.location;
  if (!place) throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
  const { id, name, type } = call.path;
  return { id, name, type, location: place, ...(tags && { tags }) };
}

/** Id, name and type of a resource without a location of its own. */
export function proxy(call: ArmCall): ArmResource {
  const { id, name, type } = call.path;
  return { id, name, type };
}

/** PATCH of the many types where only tags can be patched: the tags given replace the old ones. */
export function patchTags(call: ArmCall, existing: ArmResource): ArmReply {
  const { tags = existing.tags } = bodyOf(call);
  call.world.store.put({ ...existing, ...(tags && { tags }) });
  return { status: 200 };
}

/** Puts a resource again with another provisioning state. */
export function setProvisioningState(store: ResourceStore, id: string, provisioningState: string): void {
  const resource = store.require(id);
  store.put({ ...resource, properties: { ...resource.properties, provisioningState } });
}

/** A property that must be one of some words, whatever the casing. @throws ArmError 400 InvalidRequestFormat */
export function oneOf(value: unknown, allowed: string[], path: string): void {
  const given = String(required(value, path));
  if (allowed.some((word) => word.toLowerCase() === given.toLowerCase())) return;
  throw new ArmError(
    400,
    'InvalidRequestFormat',
    `Cannot parse the request: '${given}' is no value of '${path}'. The values are ${allowed.join(', ')}.`,
  );
}

/** A property that must be there. @throws ArmError 400 InvalidRequestFormat */
export function required<T>(value: T | undefined | null, path: string): T {
  if (value === undefined || value === null) {
    throw new ArmError(
      400,
      'InvalidRequestFormat',
      `Cannot parse the request: required property '${path}' is missing.`,
    );
  }
  return value;
}
