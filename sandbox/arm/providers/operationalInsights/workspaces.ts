import { bodyOf, patchTags, setProvisioningState, tracked } from '../../resource.ts';
import { ArmError, type ResourceType } from '../../types.ts';

const rule = 'it has 4 to 63 letters, digits and hyphens, and begins and ends with a letter or digit';

/** Microsoft.OperationalInsights/workspaces: a Log Analytics workspace. It takes no data in. */
export const workspaces: ResourceType = {
  type: 'Microsoft.OperationalInsights/workspaces',
  nameRule: {
    pattern: /^[a-z0-9][a-z0-9-]{2,61}[a-z0-9]$/i,
    refuse: (name) => new ArmError(400, 'InvalidParameter', `The workspace name '${name}' is invalid: ${rule}.`),
  },
  shape: { properties: { sku: { name: 'string' }, retentionInDays: 'number', features: {} } },
  put(call, existing) {
    const { world } = call;
    const { identity, properties = {} } = bodyOf(call);
    const before = existing?.properties ?? {};
    const now = world.clock.iso();
    const sku = { name: 'PerGB2018', ...(properties.sku as object | undefined) };
    const properties_ = {
      retentionInDays: 30,
      publicNetworkAccessForIngestion: 'Enabled',
      publicNetworkAccessForQuery: 'Enabled',
      ...properties,
      sku: { ...sku, lastSkuUpdate: now },
      features: { enableLogAccessUsingOnlyResourcePermissions: true, ...(properties.features as object | undefined) },
      workspaceCapping: { dailyQuotaGb: -1, dataIngestionStatus: 'RespectQuota' },
      customerId: before.customerId ?? world.guid(),
      createdDate: before.createdDate ?? now,
      modifiedDate: now,
      provisioningState: existing ? 'Updating' : 'Creating',
    };
    const workspace = {
      ...tracked(call, existing),
      ...(identity !== undefined && { identity }),
      properties: properties_,
    };
    world.store.put({ ...workspace, etag: `"${world.guid()}"` });
    const work = () => {
      setProvisioningState(world.store, call.path.id, 'Succeeded');
      return Promise.resolve();
    };
    return { status: existing ? 200 : 201, longRunning: { style: 'azure-async', work } };
  },
  patch(call, existing) {
    const { sku, ...given } = bodyOf(call).properties ?? {};
    const properties = {
      ...existing.properties,
      ...given,
      ...(sku !== undefined && { sku: { ...(existing.properties?.sku as object), ...(sku as object) } }),
      modifiedDate: call.world.clock.iso(),
    };
    return patchTags(call, { ...existing, etag: `"${call.world.guid()}"`, properties });
  },
  delete(call, existing) {
    const work = () => Promise.resolve(call.world.store.delete(existing.id));
    return { status: 202, longRunning: { style: 'both', work } };
  },
};
