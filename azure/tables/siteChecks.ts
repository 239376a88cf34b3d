import { placeKey, type Place } from '../../model/site/environment.ts';
import { packed, unpacked, type Table } from './table.ts';

const PARTITION = 'sites';

/** When a site last passed a check, and in which session. */
export interface PassedCheck {
  /** ISO 8601 UTC. */
  passed: string;
  session: string;
}

/** Which sites were tried out and found well. */
export interface SiteChecks {
  /** Undefined for a site that never passed. */
  find(place: Place): Promise<PassedCheck | undefined>;
  pass(place: Place, check: PassedCheck): Promise<void>;
}

export function createSiteChecks(table: Table): SiteChecks {
  // Table keys take no `/`.
  const rowOf = (place: Place) => placeKey(place).replace('/', '|');
  return {
    async find(place) {
      const row = await table.find(PARTITION, rowOf(place));
      return row && unpacked<PassedCheck>(row, []);
    },
    pass: (place, check) => table.merge(PARTITION, rowOf(place), packed(check)),
  };
}
