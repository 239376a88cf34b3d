import { readSettings } from '../model/settings.ts';
import type { ApplianceLayout } from '../model/site/layout.ts';
import type { InfraConfig } from './config.ts';

/** What is known only once Azure has answered. */
export interface SettingValues {
  orchestratorClientId: string;
  workerClientId: string;
  insightsConnectionString: string;
}

/**
 * The app settings of the Functions app: the host's own and all of the appliance's (model/settings.ts), validated as the
 * appliance will validate them at its start. No secret is among them.
 * @throws INVALID_INPUT naming the setting that is wrong.
 */
export function appSettings(
  config: InfraConfig,
  layout: ApplianceLayout,
  values: SettingValues,
): Record<string, string> {
  const clientId = values.orchestratorClientId;
  const own = {
    STRONGROOM_ENVIRONMENT: JSON.stringify(config.environment),
    STRONGROOM_KEY_ID: layout.keys.repository.url,
    STRONGROOM_ORCHESTRATOR_CLIENT_ID: clientId,
    STRONGROOM_WORKER_CLIENT_ID: values.workerClientId,
    STRONGROOM_WORKER_SIZE: config.workerSize,
    STRONGROOM_WORKERS_PER_SITE: String(config.workersPerSite),
    STRONGROOM_SAS_SECONDS: String(config.sasSeconds),
    STRONGROOM_FULL_READ_DAYS: String(config.fullReadDays),
  };
  readSettings(own);
  return {
    // Identity-based host storage: no key exists that could leak. Durable supports a client id, not a resource id.
    AzureWebJobsStorage__blobServiceUri: layout.hostAccount.blobUrl,
    AzureWebJobsStorage__queueServiceUri: layout.hostAccount.queueUrl,
    AzureWebJobsStorage__tableServiceUri: layout.hostAccount.tableUrl,
    ...identityConnection('AzureWebJobsStorage', clientId),
    STRONGROOM_MAILBOX__queueServiceUri: layout.account.queueUrl,
    ...identityConnection('STRONGROOM_MAILBOX', clientId),
    APPLICATIONINSIGHTS_CONNECTION_STRING: values.insightsConnectionString,
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${clientId};Authorization=AAD`,
    ...own,
  };
}

function identityConnection(name: string, clientId: string): Record<string, string> {
  return { [`${name}__credential`]: 'managedidentity', [`${name}__clientId`]: clientId };
}
