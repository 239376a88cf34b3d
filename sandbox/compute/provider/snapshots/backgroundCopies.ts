import type { ArmResource } from '../../../arm/types.ts';
import { notAllowed } from '../errors.ts';
import { number, object, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import type { BackgroundCopy, ComputeParts } from '../parts.ts';

const MINUTE_MS = 60_000;

/** A copy begins: contents are there at once, who may use them the copy's progress says. */
export function beginCopy(parts: ComputeParts, id: string, source: string, speed = 1): void {
  const begins = parts.world.clock.now();
  const ends = begins + (parts.limits.backgroundCopySeconds * 1000) / speed;
  parts.copies.set(id.toLowerCase(), { source: source.toLowerCase(), begins, ends });
}

function unfinished(parts: ComputeParts, copy: BackgroundCopy | undefined): copy is BackgroundCopy {
  return copy !== undefined && (copy.failed !== undefined || parts.world.clock.now() < copy.ends);
}

/** Copies under way, with the id of what they make. */
export function pendingCopies(parts: ComputeParts): { id: string; source: string }[] {
  return [...parts.copies.entries()]
    .filter(([, copy]) => !copy.failed && unfinished(parts, copy))
    .map(([id, { source }]) => ({ id, source }));
}

/** The source of copies is gone or has changed: those under way never end. */
export function failCopiesOf(parts: ComputeParts, source: string, errorCode: string, errorMessage: string): void {
  for (const { id } of pendingCopies(parts).filter((copy) => sameId(copy.source, source))) {
    const percent = completionPercent(parts, id);
    parts.copies.set(id, { ...parts.copies.get(id)!, failed: { errorCode, errorMessage, percent } });
  }
}

/** 0 to 100. A resource that nothing is copied into is complete. */
export function completionPercent(parts: ComputeParts, id: string): number {
  const copy = parts.copies.get(id.toLowerCase());
  if (!unfinished(parts, copy)) return 100;
  if (copy.failed) return copy.failed.percent;
  const done = (parts.world.clock.now() - copy.begins) / (copy.ends - copy.begins);
  return Math.max(0, Math.min(99, Math.floor(done * 100)));
}

/** `completionPercent`, `snapshotAccessState` and `copyCompletionError` of a snapshot or disk restore point. */
export function copyFields(parts: ComputeParts, resource: ArmResource): Json {
  const copy = parts.copies.get(resource.id.toLowerCase());
  const percent = completionPercent(parts, resource.id);
  const instant = hasInstantAccess(parts, resource);
  const state =
    percent < 100 ? (instant ? 'InstantAccess' : 'Pending') : instant ? 'AvailableWithInstantAccess' : 'Available';
  if (copy?.failed) {
    const { errorCode, errorMessage } = copy.failed;
    return {
      completionPercent: percent,
      snapshotAccessState: 'Unknown',
      copyCompletionError: { errorCode, errorMessage },
    };
  }
  return { completionPercent: percent, snapshotAccessState: state };
}

/** Whether disks can be made of a snapshot although its copy goes on. */
function hasInstantAccess(parts: ComputeParts, resource: ArmResource): boolean {
  const minutes = number(object(resource.properties, 'creationData'), 'instantAccessDurationMinutes');
  const created = Date.parse(text(resource.properties, 'timeCreated') ?? '');
  return minutes !== undefined && parts.world.clock.now() < created + minutes * MINUTE_MS;
}

/** @throws ArmError 409 OperationNotAllowed: nothing is made of a copy that goes on, unless it has instant access */
export function refuseUnfinishedCopy(parts: ComputeParts, resource: ArmResource): void {
  const copy = parts.copies.get(resource.id.toLowerCase());
  if (copy?.failed || !hasInstantAccess(parts, resource)) refuseExportBeforeCopy(parts, resource);
}

/** @throws ArmError 409 OperationNotAllowed: nothing is read of a copy that goes on */
export function refuseExportBeforeCopy(parts: ComputeParts, resource: ArmResource): void {
  const percent = completionPercent(parts, resource.id);
  if (percent === 100) return;
  throw notAllowed(
    `${resource.name} is being copied in the background: its completionPercent is ${percent}. Try again when it is 100.`,
  );
}
