import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { QueueServiceClient } from '@azure/storage-queue';

type Settings = NodeJS.ProcessEnv;

/**
 * The queue service behind a binding's `connection`: a connection string under that name (or with `AzureWebJobs` in
 * front), or identity settings `<name>__queueServiceUri` (or `__accountName`), `__credential`, `__clientId`.
 * @throws Error when there is neither
 */
export function queueService(connection: string | undefined, settings: Settings): QueueServiceClient {
  const name = connection ?? 'AzureWebJobsStorage';
  for (const prefix of [`AzureWebJobs${name}`, name]) {
    const text = settings[prefix];
    if (text) return QueueServiceClient.fromConnectionString(text);
    const account = settings[`${prefix}__accountName`];
    const uri = settings[`${prefix}__queueServiceUri`] ?? (account && `https://${account}.queue.core.windows.net`);
    if (uri) return new QueueServiceClient(uri, credential(settings, prefix));
  }
  throw new Error(
    `Storage account connection string '${name}' does not exist. Make sure that it is a defined App Setting.`,
  );
}

function credential(settings: Settings, prefix: string) {
  const clientId = settings[`${prefix}__clientId`];
  if (settings[`${prefix}__credential`]?.toLowerCase() !== 'managedidentity') return new DefaultAzureCredential();
  return clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential();
}
