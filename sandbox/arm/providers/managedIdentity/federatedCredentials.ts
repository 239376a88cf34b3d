import { invalidResourceName } from '../../errors.ts';
import { bodyOf, proxy, required } from '../../resource.ts';
import { ArmError, type ResourceType } from '../../types.ts';

/** Credentials of one identity (workload-identity-federation-considerations). */
const MOST = 20;

/** Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials. Kept; no token is exchanged for them. */
export const federatedIdentityCredentials: ResourceType = {
  type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
  nameRule: { pattern: /^[a-z0-9][a-z0-9_-]{2,119}$/i, refuse: invalidResourceName },
  shape: { properties: { issuer: 'string', subject: 'string', audiences: ['string'] } },
  put(call, existing) {
    const { store } = call.world;
    const given = required(bodyOf(call).properties, 'properties');
    for (const field of ['issuer', 'subject', 'audiences']) required(given[field], `properties.${field}`);
    const all = store.list({ type: call.path.type, under: call.path.id.split('/').slice(0, -2).join('/') });
    const twin = all.find(
      ({ id, properties }) =>
        id !== existing?.id && properties?.issuer === given.issuer && properties?.subject === given.subject,
    );
    if (twin) {
      throw new ArmError(
        409,
        'Conflict',
        `Issuer and subject combination already exists for this Managed Identity: credential '${twin.name}'.`,
      );
    }
    if (!existing && all.length >= MOST) {
      throw new ArmError(
        400,
        'BadRequest',
        `Too many Federated Identity Credentials: an identity has ${MOST} at most.`,
      );
    }
    const { issuer, subject, audiences } = given;
    store.put({ ...proxy(call), properties: { issuer, subject, audiences } });
    return { status: existing ? 200 : 201 };
  },
  delete(call, existing) {
    call.world.store.delete(existing.id);
    return { status: 200 };
  },
};
