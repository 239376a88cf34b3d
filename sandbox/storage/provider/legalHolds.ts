import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';

interface HoldTag {
  tag: string;
  timestamp: string;
  objectIdentifier: string;
  tenantId: string;
}
interface LegalHold {
  hasLegalHold: boolean;
  tags: HoldTag[];
}

const MOST_TAGS = 10;
/** "Legal holds for immutable blob data": three to 23 letters and digits. */
const TAG = /^[a-z0-9]{3,23}$/;

/** `setLegalHold` and `clearLegalHold` of a container. */
export function legalHoldActions(): NonNullable<ResourceType['actions']> {
  return {
    setlegalhold: (call, existing) =>
      change(call, existing, (tags, wanted) => {
        const { clock, tenantId } = call.world;
        const has = new Set(tags.map(({ tag }) => tag));
        const added = wanted
          .filter((tag) => !has.has(tag))
          .map((tag) => ({ tag, timestamp: clock.iso(), objectIdentifier: call.principalId, tenantId }));
        return [...tags, ...added];
      }),
    clearlegalhold: (call, existing) =>
      change(call, existing, (tags, wanted) => tags.filter(({ tag }) => !wanted.includes(tag))),
  };
}

function change(
  call: ArmCall,
  existing: ArmResource,
  next: (tags: HoldTag[], wanted: string[]) => HoldTag[],
): ArmReply {
  const { tags: asked } = (call.body ?? {}) as { tags?: string[] };
  const wanted = (asked ?? []).map((tag) => tag.toLowerCase());
  const wrong = wanted.find((tag) => !TAG.test(tag));
  if (wanted.length === 0 || wrong !== undefined) {
    const message = `Values for request parameters are invalid: tags. A tag has 3 to 23 letters and digits${wrong === undefined ? '' : `, unlike '${wrong}'`}.`;
    throw new ArmError(400, 'InvalidValuesForRequestParameters', message);
  }
  const before = (existing.properties?.legalHold as LegalHold | undefined)?.tags ?? [];
  const tags = next(before, wanted);
  if (tags.length > MOST_TAGS) {
    throw new ArmError(409, 'ContainerOperationFailure', `A container can have ${MOST_TAGS} legal hold tags at most.`);
  }
  const legalHold: LegalHold = { hasLegalHold: tags.length > 0, tags };
  call.world.store.put({ ...existing, properties: { ...existing.properties, legalHold } });
  return { status: 200, body: { hasLegalHold: legalHold.hasLegalHold, tags: wanted } };
}
