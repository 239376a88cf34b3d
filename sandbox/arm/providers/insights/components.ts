import { invalidResourceName } from '../../errors.ts';
import { bodyOf, patchTags, required, tracked } from '../../resource.ts';
import type { ResourceType } from '../../types.ts';

/** Microsoft.Insights/components: an Application Insights component. What is sent to it goes nowhere. */
export const components: ResourceType = {
  type: 'Microsoft.Insights/components',
  nameRule: { pattern: /^.{1,260}(?<![ .])$/, refuse: invalidResourceName },
  shape: { properties: { Application_Type: 'string', WorkspaceResourceId: 'string', RetentionInDays: 'number' } },
  put(call, existing) {
    const { world, path } = call;
    const { kind, properties = {} } = bodyOf(call);
    const resource = tracked(call, existing);
    const before = existing?.properties ?? {};
    const key = before.InstrumentationKey ?? world.guid();
    const appId = before.AppId ?? world.guid();
    const ingestion = `https://${resource.location}-1.in.applicationinsights.azure.com/`;
    world.store.put({
      ...resource,
      kind: required(kind, 'kind'),
      etag: `"${world.guid()}"`,
      properties: {
        Flow_Type: 'Bluefield',
        Request_Source: 'rest',
        RetentionInDays: 90,
        publicNetworkAccessForIngestion: 'Enabled',
        publicNetworkAccessForQuery: 'Enabled',
        IngestionMode: properties.WorkspaceResourceId ? 'LogAnalytics' : 'ApplicationInsights',
        DisableLocalAuth: false,
        ...properties,
        Application_Type: required(properties.Application_Type, 'properties.Application_Type'),
        ApplicationId: path.name,
        AppId: appId,
        Name: path.name,
        InstrumentationKey: key,
        ConnectionString: `InstrumentationKey=${String(key)};IngestionEndpoint=${ingestion};ApplicationId=${String(appId)}`,
        CreationDate: before.CreationDate ?? world.clock.iso(),
        TenantId: path.subscriptionId,
        provisioningState: 'Succeeded',
      },
    });
    return { status: existing ? 200 : 201 };
  },
  patch: patchTags,
  delete(call, existing) {
    call.world.store.delete(existing.id);
    return { status: 200 };
  },
};
