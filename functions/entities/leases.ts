import type { EntityContext } from 'durable-functions';
import {
  acquire,
  noLeases,
  release,
  type AcquireRequest,
  type LeaseState,
  type ReleaseRequest,
} from '../../model/leases.ts';

/** The entity `leases`, one per pool: who holds what. The rules are in model/leases.ts. Errors are strings (Durable 3.x). */
export function leases(context: EntityContext<LeaseState>): void {
  const state = context.df.getState(() => noLeases) ?? noLeases;
  switch (context.df.operationName) {
    case 'acquire': {
      const taken = acquire(state, context.df.getInput<AcquireRequest>()!);
      context.df.setState(taken.state);
      context.df.return(taken.grant);
      return;
    }
    case 'release': {
      context.df.setState(release(state, context.df.getInput<ReleaseRequest>()!));
      context.df.return(null);
      return;
    }
    default:
      throw `leases has no operation ${context.df.operationName}`;
  }
}
