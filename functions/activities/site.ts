import { errorInfo, type ErrorInfo } from '../../model/errors.ts';
import { withWayOut } from '../../model/site/wayOut.ts';
import { errorOf } from '../../model/outcome.ts';
import type { Appliance } from '../appliance.ts';
import { createPieces, inspectSite } from '../sites.ts';
import type { Handlers } from './handlers.ts';

/** What a session's site consists of. */
export function siteActivities(appliance: Appliance): Handlers<'inspectSite' | 'createPieces'> {
  return {
    async inspectSite({ site, keys }) {
      const inspection = await inspectSite(appliance, site, keys);
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
