import { ComputeManagementClient, type ComputeManagementClientOptionalParams } from '@azure/arm-compute';
import { NetworkManagementClient } from '@azure/arm-network';
import { PrivateDnsManagementClient } from '@azure/arm-privatedns';
import { StorageManagementClient } from '@azure/arm-storage';
import { StrongroomError, withoutQueries } from '../model/errors.ts';
import { UNREACHABLE } from '../model/site/wayOut.ts';
import type { TokenCredential } from './credential.ts';

/** Azure Resource Manager's clients, one per subscription. */
export interface Arm {
  compute(subscriptionId: string): ComputeManagementClient;
}

/** Those that a site's pieces are read and made with. */
export interface SiteArm extends Arm {
  network(subscriptionId: string): NetworkManagementClient;
  privateDns(subscriptionId: string): PrivateDnsManagementClient;
  storage(subscriptionId: string): StorageManagementClient;
}

type Client<T> = new (
  credential: TokenCredential,
  subscriptionId: string,
  options: ComputeManagementClientOptionalParams,
) => T;

/** @param options reach tests only (another HTTP client); the product passes none */
export function createArm(credential: TokenCredential, options: ComputeManagementClientOptionalParams = {}): SiteArm {
  function perSubscription<T>(Kind: Client<T>): (subscriptionId: string) => T {
    const clients = new Map<string, T>();
    return (subscriptionId) => {
      const key = subscriptionId.toLowerCase();
      let client = clients.get(key);
      if (!client) clients.set(key, (client = new Kind(credential, subscriptionId, options)));
      return client;
    };
  }
  return {
    compute: perSubscription(ComputeManagementClient),
    network: perSubscription(NetworkManagementClient),
    privateDns: perSubscription(PrivateDnsManagementClient),
    storage: perSubscription(StorageManagementClient),
  };
}

/** What the ARM SDKs throw, as far as it is read here. */
interface ArmFailure {
  statusCode?: number;
  code?: string;
  message?: string;
  /** Of the error body, when the SDK parsed one. */
  details?: { error?: { code?: string; message?: string } };
}

/** Codes with a 4xx status that pass by themselves. */
const passing = new Set([
  'AnotherOperationInProgress',
  'RetryableError',
  'OperationPreempted',
  'AllocationFailed',
  'ZonalAllocationFailed',
]);

/** What ARM says when no role grants an action; the message names the action and the scope. */
const forbidden = new Set(['AuthorizationFailed', 'LinkedAuthorizationFailed']);

/**
 * Runs an ARM call; what it throws becomes `NOT_FOUND` (404), `AZURE_UNAVAILABLE` (no answer, 408, 429, 5xx and passing
 * conflicts), `PERMISSION_MISSING` or `AZURE_REFUSED`, with Azure's code and message. Details carry `status` and `code`.
 * @param what the operation and its target, for the message
 */
export async function armCall<T>(what: string, call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw armError(error, what);
  }
}

/** How core-lro words the end of an operation that Azure accepted and that failed later; it gives no status. */
const operationFailed = /^The long-running operation has failed\. (\w+)\. (.*)/s;

export function armError(error: unknown, what: string): StrongroomError {
  if (error instanceof StrongroomError) return error;
  const failure = error as ArmFailure;
  const [, failedCode, failedReason] = operationFailed.exec(failure.message ?? '') ?? [];
  const status = failure.statusCode ?? (failedCode ? 400 : undefined);
  const code = failedCode ?? failure.details?.error?.code ?? failure.code ?? 'unknown';
  const message = failedReason ?? failure.details?.error?.message ?? failure.message ?? 'no answer';
  const reason = withoutQueries(message.split('\n')[0]!);
  const said = `${what}: ${code}: ${reason}`;
  // 502 and 504 without an error of ARM's are a proxy's or firewall's word that there is no way.
  const unanswered = status === undefined || (code === 'unknown' && (status === 502 || status === 504));
  const text = unanswered ? `${said.replace(/\.?$/, '.')} ${UNREACHABLE}` : said;
  const more = { cause: error, details: { status: String(status ?? ''), code } };
  if (status === 404) return new StrongroomError('NOT_FOUND', text, more);
  if (forbidden.has(code)) return new StrongroomError('PERMISSION_MISSING', text, more);
  const unavailable = status === undefined || status === 408 || status === 429 || status >= 500;
  return new StrongroomError(unavailable || passing.has(code) ? 'AZURE_UNAVAILABLE' : 'AZURE_REFUSED', text, more);
}

/** Like {@link armCall}, with undefined for what does not exist. */
export async function armFind<T>(what: string, call: () => PromiseLike<T>): Promise<T | undefined> {
  try {
    return await armCall(what, call);
  } catch (error) {
    if (error instanceof StrongroomError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
