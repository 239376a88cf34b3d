import { backupDisk } from './backupDisk.ts';
import { backupVm } from './backupVm.ts';
import { checkSite } from './checkSite.ts';
import { completeSite } from './ensureSite.ts';
import { awaitLease } from './lease.ts';
import { probe } from './probe.ts';
import { restoreDisk } from './restoreDisk.ts';
import { restoreDisks } from './restoreDisks.ts';

/** Every orchestration under the name it is started by. They only decide: model and durable-functions, nothing else. */
export const orchestrators = {
  backupVm,
  backupDisk,
  restoreDisks,
  restoreDisk,
  completeSite,
  checkSite,
  probe,
  awaitLease,
};
