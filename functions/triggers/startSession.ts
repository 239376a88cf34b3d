import type { BackupInput, CheckInput, RestoreInput } from '../../model/activities.ts';
import { errorInfo } from '../../model/errors.ts';
import type { Appliance } from '../appliance.ts';
import type { Durable } from '../durable.ts';

/** Starts the orchestration of a session whose row stands already. When that does not work the row says so. */
export async function startSession(
  { sessions }: Appliance,
  durable: Durable,
  orchestrator: 'backupVm' | 'restoreDisks' | 'checkSite',
  input: BackupInput | RestoreInput | CheckInput,
): Promise<void> {
  try {
    await durable.start(orchestrator, input.session, input);
  } catch (error) {
    await sessions.advance(input.session, 'failed', { error: errorInfo(error) });
    throw error;
  }
}
