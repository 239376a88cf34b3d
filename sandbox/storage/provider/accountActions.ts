import { createHmac } from 'node:crypto';
import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import type { Secrets } from '../secrets.ts';

/** Version of the SAS that the resource provider makes. */
const SAS_VERSION = '2022-11-02';

/** POST …/storageAccounts/{name}/{action} (REST: Storage Accounts). */
export function accountActions(secrets: Secrets): NonNullable<ResourceType['actions']> {
  const keys = ({ name }: ArmResource): ArmReply => {
    const { key1, key2 } = secrets.keysOf(name);
    const { times } = secrets.historyOf(name);
    const key = (keyName: 'key1' | 'key2', value: Buffer) => ({
      creationTime: times[keyName],
      keyName,
      permissions: 'FULL',
      value: value.toString('base64'),
    });
    return { status: 200, body: { keys: [key('key1', key1), key('key2', key2)] } };
  };
  const keyNamed = (account: ArmResource, name = 'key1'): Buffer => secrets.keysOf(account.name)[keyName(name)];

  return {
    listkeys: (_call, account) => keys(account),
    regeneratekey(call, account) {
      const { keyName: name } = bodyOf(call);
      secrets.renew(account.name, keyName(name));
      return keys(account);
    },
    revokeuserdelegationkeys(_call, account) {
      secrets.revokeDelegations(account.name);
      return { status: 200 };
    },
    listaccountsas(call, account) {
      const given = bodyOf(call);
      const expiry = requiredOf(given, 'signedExpiry');
      const fields = {
        sv: SAS_VERSION,
        ss: requiredOf(given, 'signedServices'),
        srt: requiredOf(given, 'signedResourceTypes'),
        sp: requiredOf(given, 'signedPermission'),
        ...(given.signedStart && { st: given.signedStart }),
        se: expiry,
        ...(given.signedIp && { sip: given.signedIp }),
        ...(given.signedProtocol && { spr: given.signedProtocol }),
      };
      const { sp, ss, srt, st = '', se, sip = '', spr = '', sv } = fields as Record<string, string>;
      // "Create an account SAS": encryption scope, then the empty line at the end.
      const text = [account.name, sp, ss, srt, st, se, sip, spr, sv, '', ''].join('\n');
      return { status: 200, body: { accountSasToken: signed(fields, text, keyNamed(account, given.keyToSign)) } };
    },
    listservicesas(call, account) {
      const given = bodyOf(call);
      const resource = requiredOf(given, 'canonicalizedResource');
      const fields: Record<string, string> = { sv: SAS_VERSION, sr: given.signedResource ?? 'c' };
      const names = {
        st: 'signedStart',
        se: 'signedExpiry',
        sp: 'signedPermission',
        sip: 'signedIp',
        spr: 'signedProtocol',
        si: 'signedIdentifier',
        ...Object.fromEntries(['rscc', 'rscd', 'rsce', 'rscl', 'rsct'].map((name) => [name, name])),
      };
      for (const [field, name] of Object.entries(names)) if (given[name]) fields[field] = given[name];
      const of = (name: string) => fields[name] ?? '';
      // "Create a service SAS", version 2020-12-06 and later: snapshot time and encryption scope stay empty.
      const text = [
        ...[of('sp'), of('st'), of('se'), resource, of('si'), of('sip'), of('spr'), SAS_VERSION, of('sr'), '', ''],
        ...['rscc', 'rscd', 'rsce', 'rscl', 'rsct'].map(of),
      ].join('\n');
      return { status: 200, body: { serviceSasToken: signed(fields, text, keyNamed(account, given.keyToSign)) } };
    },
  };
}

function bodyOf(call: ArmCall): Record<string, string | undefined> {
  return (call.body ?? {}) as Record<string, string>;
}

function requiredOf(body: Record<string, string | undefined>, name: string): string {
  const value = body[name];
  if (value) return value;
  throw new ArmError(400, 'InvalidValuesForRequestParameters', `Values for request parameters are invalid: ${name}.`);
}

function keyName(name: string | undefined): 'key1' | 'key2' {
  if (name === 'key1' || name === 'key2') return name;
  throw new ArmError(
    400,
    'InvalidValuesForRequestParameters',
    `Values for request parameters are invalid: keyName. '${name ?? ''}' is neither key1 nor key2.`,
  );
}

function signed(fields: Record<string, string>, text: string, key: Buffer): string {
  const sig = createHmac('sha256', key).update(text, 'utf8').digest('base64');
  return new URLSearchParams({ ...fields, sig }).toString();
}
