import type { Demand } from '../../sandbox/arm/access/contract.ts';
import { grantsOf } from '../../sandbox/arm/access/pattern.ts';

/** One action that a role gives an identity. */
export interface Granted {
  identity: string;
  role: string;
  /** May have wildcards, as in a built-in role. */
  action: string;
  data: boolean;
}

/** What is granted though no test demands it. Without an action: all that the role has. */
export interface Exception {
  identity: string;
  role: string;
  action?: string;
  why: string;
}

export interface Differences {
  /** Granted, never demanded, and not excepted. */
  unused: Granted[];
  /** Demanded, and no role of the identity has it. */
  missing: Demanded[];
  /** Exceptions for what is not granted any more. (What they name may be demanded now and then.) */
  idle: Exception[];
}

export type Demanded = Pick<Demand, 'action' | 'data' | 'scope'> & { identity: string };

/**
 * Holds what is granted against what was demanded. Actions are compared, not scopes: what several roles grant an identity is
 * demanded of all of them by one demand.
 */
export function compare(granted: Granted[], demanded: Demanded[], exceptions: Exception[]): Differences {
  const matches = ({ action, data }: Granted) => {
    const grants = grantsOf([data ? { dataActions: [action] } : { actions: [action] }]);
    return (demand: Demanded) => demand.data === data && grants(demand.action, data);
  };
  const neverDemanded = granted.filter((one) => {
    const match = matches(one);
    return !demanded.some((demand) => demand.identity === one.identity && match(demand));
  });
  const excuses = (exception: Exception) => (one: Granted) =>
    one.identity === exception.identity &&
    one.role === exception.role &&
    (exception.action === undefined || exception.action === one.action);
  return {
    unused: neverDemanded.filter((one) => !exceptions.some((exception) => excuses(exception)(one))),
    missing: demanded.filter(
      (demand) => !granted.some((one) => one.identity === demand.identity && matches(one)(demand)),
    ),
    idle: exceptions.filter((exception) => !granted.some(excuses(exception))),
  };
}
