import { bodyOf, proxy, required } from '../../resource.ts';
import { ArmError, type ResourceStore, type ResourceType } from '../../types.ts';

const type = 'Microsoft.Web/sites/basicPublishingCredentialsPolicies';

/** Whether FTP and SCM take a password: both do on a new site. */
export function storePublishingPolicies(store: ResourceStore, siteId: string): void {
  for (const name of ['ftp', 'scm']) {
    store.put({ id: `${siteId}/basicPublishingCredentialsPolicies/${name}`, name, type, properties: { allow: true } });
  }
}

/** Microsoft.Web/sites/basicPublishingCredentialsPolicies: `ftp` and `scm`. */
export const publishingPolicies: ResourceType = {
  type,
  shape: { properties: { allow: 'boolean' } },
  nameRule: {
    pattern: /^(ftp|scm)$/i,
    refuse: (name) =>
      new ArmError(404, 'NotFound', `Cannot find publishing credentials policy '${name}': there are ftp and scm.`),
  },
  put(call) {
    const { allow } = required(bodyOf(call).properties, 'properties');
    call.world.store.put({ ...proxy(call), properties: { allow: required(allow, 'properties.allow') } });
    return { status: 200 };
  },
};
