import { parseResourceId } from '../resourceId.ts';
import type { Fault } from '../reach.ts';
import { siteAt, type Environment, type Place } from '../site/environment.ts';
import { homeLayout, siteKey, siteLayout } from '../site/layout.ts';
import { siteNetwork } from '../site/network.ts';
import type { ProbeStep } from './finding.ts';
import { subjects, type Subject } from './subjects.ts';

/** Data actions of the worker's roles that a step needs. */
const actions: Partial<Record<ProbeStep, string>> = {
  writeBlob: 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action',
  readBlob: 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read',
  useKey:
    'Microsoft.KeyVault/vaults/keys/read, Microsoft.KeyVault/vaults/keys/wrap/action and Microsoft.KeyVault/vaults/keys/unwrap/action',
};

/** A step that failed. `of`: what lies behind the host, when that is known. */
export interface Failure {
  step: ProbeStep;
  fault: Fault;
  host: string;
  of: Subject | undefined;
}

/** What to put right: names the resource, and the command or setting. */
export function fixOf({ step, fault, host, of }: Failure, environment: Environment, place: Place): string {
  const network = siteNetwork(environment, siteAt(environment, place));
  const networkName = parseResourceId(network.id).name;
  const { workerIdentity } = homeLayout(environment);
  switch (fault) {
    case 'nameUnknown':
      return `${host} has no record in network ${networkName}. ${of ? recordWay(of, environment, place) : ''}`.trim();
    case 'publicAddress':
      return `${host} must resolve to a private address in network ${networkName}. ${of ? recordWay(of, environment, place) : openWay}`;
    case 'resolver':
      return (
        `The DNS servers of network ${networkName} do not answer: az network vnet show --ids ${network.id} --query dhcpOptions. ` +
        'They have to forward to 168.63.129.16, or be left out.'
      );
    case 'unreachable':
      return of
        ? `Look whether private endpoint ${of.endpoint.name} stands (az network private-endpoint show --ids ${of.endpoint.id}), and whether ` +
            `the security groups and routes of ${network.subnets.workers} let port 443 through to ${network.subnets.endpoints}.`
        : `Let ${network.subnets.workers} reach port 443 of ${host}: its security group, and its NAT gateway or route.`;
    case 'firewall':
      return of
        ? `Approve the connection of private endpoint ${of.endpoint.name} on ${of.resource.id}: ` +
            `az network private-endpoint-connection list --id ${of.resource.id} shows its state.`
        : `Let requests from ${network.subnets.workers} through the firewall of ${host}.`;
    case 'role':
      return (
        `Give the worker's identity ${workerIdentity.id} a role with ${actions[step] ?? 'this right'} on ` +
        `${of?.resource.id ?? host}: pulumi up assigns it. A new assignment takes up to ten minutes to apply.`
      );
    case 'identity':
      return `The machine gives no token: see that it carries the identity ${workerIdentity.id} (az vm identity show), and that the identity exists.`;
    case 'sasRefused':
      return (
        'Azure refused the export URL that it had just granted. Look whether an Azure Policy changes networkAccessPolicy or ' +
        `diskAccessId of snapshots in ${siteLayout(siteKey(environment, place)).resourceGroup.name}.`
      );
    case 'missing':
      return missingWay(step, of);
    case 'other':
      return step === 'compareDisk'
        ? 'Comparisons are refused here: backups work, but read every disk in full. See what Azure says beside this.'
        : 'See what was found. When it is passing (throttled, unavailable), check again.';
  }
}

const openWay = 'Nothing may be sent to a public address: put snapshots behind a disk access of the site.';

/** How the record of an endpoint comes about. */
function recordWay({ endpoint, zone }: Subject, environment: Environment, place: Place): string {
  const { resourceGroup } = parseResourceId(endpoint.id);
  const list = `az network private-endpoint dns-zone-group list --resource-group ${resourceGroup} --endpoint-name ${endpoint.name}`;
  const { zoneId } = siteNetwork(environment, siteAt(environment, place));
  switch (environment.dns) {
    case 'own':
      return (
        `It needs private endpoint ${endpoint.name}, its zone group (${list}) and a link of zone ${zone} in ${resourceGroup} to the ` +
        'network. GET /api/sites says which is missing; the next session makes it again.'
      );
    case 'existing':
      return (
        `It needs private endpoint ${endpoint.name}, its zone group (${list}) in ${zoneId(zone)}, and that zone linked to the network ` +
        'or known to its DNS servers.'
      );
    case 'policy':
      return `It needs private endpoint ${endpoint.name} and the record that your Azure Policy writes for it into zone ${zone}: see the policy's remediation.`;
  }
}

function missingWay(step: ProbeStep, of: Subject | undefined): string {
  switch (step) {
    case 'writeBlob':
    case 'readBlob':
      return `The container is missing in ${of?.resource.id ?? 'the account'}: pulumi up makes it.`;
    case 'useKey':
      return `The key is missing in ${of?.resource.id ?? 'the vault'}: pulumi up makes it; without the old key old points open with the recovery key alone.`;
    case 'resolve':
    case 'readDisk':
    case 'compareDisk':
      return 'The snapshot was removed while it was read. Check again.';
  }
}

/** What to look at when a worker started and was not heard of: it said nothing, so that the way of its words is what is left. */
export function silentWorkerWay(environment: Environment, place: Place): string {
  const { account } = siteLayout(siteKey(environment, place));
  const home = homeLayout(environment);
  const wanted = [new URL(account.blobUrl).host, new URL(home.account.queueUrl).host];
  const ways = subjects(environment, place).filter(({ host }) => wanted.includes(host));
  return (
    `The worker has to reach ${ways.map(({ host, endpoint }) => `${host} (private endpoint ${endpoint.name})`).join(' and ')} ` +
    `to fetch its files and to report, with the roles of ${home.workerIdentity.id}. GET /api/sites shows both endpoints; its log is ` +
    `in the container ${siteLayout(siteKey(environment, place)).workerLogsContainer} of ${account.name}.`
  );
}
