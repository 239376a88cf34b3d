import { createHmac } from 'node:crypto';
import { delegationKey } from '../accountKeys.ts';
import { loadAll } from './load.ts';
import { exchange } from './rules.ts';

/** User delegation keys that belong to one account and can be revoked, and SAS of queues that are signed with them. */
export function patchDelegation(seed: string): void {
  const keyOf = (service: string, [objectId, tenantId, start, expiry, version]: string[]) => {
    const { account, delegationRevocations } = exchange().rules;
    const delegation = { objectId, tenantId, start, expiry, service, version } as Parameters<typeof delegationKey>[3];
    return delegationKey(seed, account, delegationRevocations, delegation);
  };
  loadAll('blob/utils/utils').getUserDelegationKeyValue = (...args: string[]) => keyOf('b', args);

  type Values = Record<
    'version' | 'permissions' | 'startTime' | 'expiryTime' | 'queueName' | 'ipRange' | 'protocol',
    string
  >;
  type Sign = (values: Values, account: string, key: Buffer) => [signature: string, stringToSign: string];
  const queues = loadAll('queue/authentication/IQueueSASSignatureValues');
  const signWithAccountKey = queues.generateQueueSASSignature as Sign;
  const signQueueSas: Sign = (values, account, key) => {
    const { query } = exchange();
    const signed = (name: string) => query.get(name) ?? '';
    if (!query.has('skoid')) return signWithAccountKey(values, account, key);
    // "Create a user delegation SAS", version 2025-07-05 and later.
    const stringToSign = [
      values.permissions,
      values.startTime,
      values.expiryTime,
      `/queue/${account}/${values.queueName}`,
      ...['skoid', 'sktid', 'skt', 'ske', 'sks', 'skv', 'skdutid', 'sduoid'].map(signed),
      values.ipRange,
      values.protocol,
      values.version,
    ].join('\n');
    const now = Date.now();
    const valid = Date.parse(signed('skt')) <= now && now < Date.parse(signed('ske')) && signed('sks') === 'q';
    const secret = keyOf('q', ['skoid', 'sktid', 'skt', 'ske', 'skv'].map(signed));
    const signature = createHmac('sha256', Buffer.from(secret, 'base64')).update(stringToSign).digest('base64');
    return [valid ? signature : 'expired', stringToSign];
  };
  queues.generateQueueSASSignature = signQueueSas;
}
