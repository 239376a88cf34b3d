import { withRefusalsWayOut } from '../../model/site/wayOut.ts';
import type { Appliance } from '../appliance.ts';
import type { Handlers } from './handlers.ts';

/** Notes in the sessions table. */
export function sessionActivities({
  sessions,
}: Appliance): Handlers<'advanceSession' | 'warnSession' | 'noteSession' | 'putDisks' | 'updateDisk'> {
  return {
    async advanceSession({ session, to, error, ...notes }) {
      await sessions.advance(session, to, error ? { ...notes, error: withRefusalsWayOut(error) } : notes);
      return null;
    },
    async warnSession({ session, warning }) {
      await sessions.warn(session, warning);
      return null;
    },
    async noteSession({ session, notes }) {
      await sessions.note(session, notes);
      return null;
    },
    async putDisks({ session, disks }) {
      await Promise.all(disks.map((disk) => sessions.mergeDisk(session, disk)));
      return null;
    },
    async updateDisk({ session, disk }) {
      await sessions.mergeDisk(session, disk);
      return null;
    },
  };
}
