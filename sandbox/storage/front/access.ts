import type { ArmResource } from '../../arm/types.ts';
import type { Caller } from '../../core/types.ts';
import type { StorageKind } from '../contents.ts';
import type { Origin } from './firewall.ts';

/** What decides over networks. */
export interface AccessControl {
  /** Where a caller's request to an account's service comes from; undefined: networks are not enforced. */
  originOf(caller: Caller, account: ArmResource, kind: StorageKind): Origin | undefined;
}

/** Everybody comes from anywhere. */
export const openAccess: AccessControl = { originOf: () => undefined };
