import { errorInfo, type ErrorInfo } from '../../model/errors.ts';
import { errorOf } from '../../model/outcome.ts';
import { placeKey } from '../../model/site/environment.ts';
import type { Inspection } from '../../model/site/finding.ts';
import { withWayOut } from '../../model/site/wayOut.ts';
import type { Appliance } from '../appliance.ts';
import { coalesced } from '../coalesced.ts';
import { createPieces, inspectSite } from '../sites.ts';
import type { Handlers } from './handlers.ts';

/** What a session's site consists of. */
export function siteActivities(appliance: Appliance): Handlers<'inspectSite' | 'createPieces'> {
  // A look at a whole site is some twenty requests, and a policy starts many sessions in it at the same moment.
  const whole = coalesced<Inspection>();
  return {
    async inspectSite({ site, keys }) {
      const look = () => inspectSite(appliance, site, keys);
      const inspection = await (keys ? look() : whole(placeKey(site), look));
      const silent = inspection.findings.find(({ error }) => error?.code === 'AZURE_UNAVAILABLE');
      if (silent) throw errorOf(withWayOut(silent.error!));
      // What is as it should be is not worth the room in Durable history.
      return { ...inspection, findings: inspection.findings.filter(isWorthSaying) };
    },

    async createPieces({ site, keys, zones }) {
      const failures = await createPieces(appliance, site, { keys, zones });
      return Object.fromEntries(
        Object.entries(failures).map(([key, error]): [string, ErrorInfo] => [key, withWayOut(errorInfo(error))]),
      );
    },
  };
}

function isWorthSaying({ state, connection = 'Approved' }: { state: string; connection?: string }): boolean {
  return state !== 'present' || connection !== 'Approved';
}
