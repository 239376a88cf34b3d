/** Where the durable HTTP API is and how to get in. */
export interface Endpoints {
  /** `https://<site>.azurewebsites.net` or `http://localhost:<port>`, without a slash at the end. */
  origin: string;
  /** The API for the app's own process: no key, with a slash at the end. */
  rpcBaseUrl: string;
  hubName: string;
  /** The `durabletask_extension` system key. */
  readonly systemKey: string;
}

export const WEBHOOK_PATH = '/runtime/webhooks/durabletask';
/** The name of the one connection that there is. */
export const CONNECTION = 'Storage';

/** The links of a 202 that answers `request`: at the origin that it was sent to, and without the one to rewind. */
export function createdLinks(endpoints: Endpoints, request: URL, instanceId: string): Record<string, string> {
  const { rewindPostUri: _, ...links } = managementUrls({ ...endpoints, origin: request.origin }, instanceId);
  return links;
}

/** The links that manage one instance. */
function managementUrls(endpoints: Endpoints, instanceId: string): Record<string, string> {
  const prefix = `${endpoints.origin}${WEBHOOK_PATH}/instances/${encodeURIComponent(instanceId)}`;
  const url = (rest: string, parameters = '') => `${prefix}${rest}?${parameters}${requiredQuery(endpoints)}`;
  return {
    id: instanceId,
    statusQueryGetUri: url(''),
    sendEventPostUri: url('/raiseEvent/{eventName}'),
    terminatePostUri: url('/terminate', 'reason={text}&'),
    rewindPostUri: url('/rewind', 'reason={text}&'),
    purgeHistoryDeleteUri: url(''),
    restartPostUri: url('/restart'),
    suspendPostUri: url('/suspend', 'reason={text}&'),
    resumePostUri: url('/resume', 'reason={text}&'),
  };
}

/** The value of the `durableClient` input binding: JSON text. */
export function durableClient(endpoints: Endpoints): string {
  const baseUrl = endpoints.origin + WEBHOOK_PATH;
  const create = `${baseUrl}/orchestrators/{functionName}[/{instanceId}]?`;
  const key = `code=${endpoints.systemKey}`;
  return JSON.stringify({
    taskHubName: endpoints.hubName,
    connectionName: CONNECTION,
    creationUrls: {
      createNewInstancePostUri: create + key,
      createAndWaitOnNewInstancePostUri: `${create}timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${key}`,
    },
    managementUrls: managementUrls(endpoints, 'INSTANCEID'),
    baseUrl,
    requiredQueryStringParameters: key,
    rpcBaseUrl: endpoints.rpcBaseUrl,
    httpBaseUrl: endpoints.rpcBaseUrl,
  });
}

function requiredQuery({ hubName, systemKey }: Endpoints): string {
  return `taskHub=${hubName}&connection=${CONNECTION}&code=${systemKey}`;
}
