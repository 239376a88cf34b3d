import type { ResourceType } from '../../types.ts';

/** Microsoft.Resources/subscriptions: there from the world's start, read-only. */
export const subscriptions: ResourceType = {
  type: 'Microsoft.Resources/subscriptions',
  list: (call) => call.world.store.list({ type: 'Microsoft.Resources/subscriptions' }),
  view(subscription, call) {
    const shown = {
      id: subscription.id,
      subscriptionId: subscription.name,
      tenantId: call.world.tenantId,
      displayName: subscription.displayName,
      ...(subscription.tags && { tags: subscription.tags }),
      state: 'Enabled',
      subscriptionPolicies: {
        locationPlacementId: 'Public_2014-09-01',
        quotaId: 'PayAsYouGo_2014-09-01',
        spendingLimit: 'Off',
      },
      authorizationSource: 'RoleBased',
      managedByTenants: [],
    };
    // A subscription has neither name nor type on the wire.
    return shown as unknown as typeof subscription;
  },
};
