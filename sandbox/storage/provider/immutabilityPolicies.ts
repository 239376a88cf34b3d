import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { contentType } from '../contents.ts';

interface PolicyProperties {
  immutabilityPeriodSinceCreationInDays: number;
  state: 'Locked' | 'Unlocked';
  allowProtectedAppendWrites?: boolean;
  allowProtectedAppendWritesAll?: boolean;
}
type Update = 'put' | 'lock' | 'extend';

/** "Time-based retention policies": a locked policy can be extended five times. */
const MOST_EXTENSIONS = 5;
const LONGEST_DAYS = 146_000;

/** A container's time-based policy (REST: Blob Containers, immutability policy). Every change has an ETag. */
export function immutabilityPolicyType(): ResourceType {
  return {
    type: `${contentType('blob')}/immutabilityPolicies`,
    nameRule: {
      pattern: /^default$/,
      refuse: (name) =>
        new ArmError(400, 'InvalidResourceName', `An immutability policy is named 'default', not '${name}'.`),
    },
    put(call, existing) {
      if (existing && propertiesOf(existing).state === 'Locked') throw wrongState();
      if (!existing && call.headers['if-match'] && call.headers['if-match'] !== '*') throw absent(call);
      const asked = askedOf(call);
      return keep(call, existing, 'put', { state: 'Unlocked', ...asked });
    },
    delete(call, existing) {
      requireMatch(call);
      if (propertiesOf(existing).state === 'Locked') throw wrongState();
      call.world.store.delete(existing.id);
      const properties = { immutabilityPeriodSinceCreationInDays: 0, state: 'Unlocked' };
      return { status: 200, body: { ...existing, properties } };
    },
    actions: {
      lock(call, existing) {
        requireMatch(call);
        return keep(call, existing, 'lock', { ...propertiesOf(existing), state: 'Locked' });
      },
      extend(call, existing) {
        requireMatch(call);
        const before = propertiesOf(existing);
        const { immutabilityPeriodSinceCreationInDays: days } = askedOf(call);
        const extended = historyOf(existing).filter(({ update }) => update === 'extend').length;
        if (
          before.state !== 'Locked' ||
          days <= before.immutabilityPeriodSinceCreationInDays ||
          extended >= MOST_EXTENSIONS
        ) {
          throw wrongState();
        }
        return keep(call, existing, 'extend', { ...before, immutabilityPeriodSinceCreationInDays: days });
      },
    },
    view(resource) {
      // Shown in the container only.
      const { updateHistory: _updateHistory, ...shown } = resource;
      return shown as ArmResource;
    },
  };
}

function propertiesOf({ properties }: ArmResource): PolicyProperties {
  return properties as unknown as PolicyProperties;
}

function historyOf({ updateHistory }: ArmResource): { update: Update }[] {
  return updateHistory as { update: Update }[];
}

function askedOf(call: ArmCall): Omit<PolicyProperties, 'state'> {
  const asked = (((call.body ?? {}) as ArmResource).properties ?? {}) as Partial<PolicyProperties>;
  const {
    immutabilityPeriodSinceCreationInDays: days,
    allowProtectedAppendWrites,
    allowProtectedAppendWritesAll,
  } = asked;
  if (!Number.isInteger(days) || days! < 1 || days! > LONGEST_DAYS) {
    const message = `The value '${days ?? ''}' is not allowed for property immutabilityPeriodSinceCreationInDays: it is a number from 1 to ${LONGEST_DAYS}.`;
    throw new ArmError(400, 'InvalidRequestPropertyValue', message);
  }
  if (allowProtectedAppendWrites && allowProtectedAppendWritesAll) {
    const message = 'allowProtectedAppendWrites and allowProtectedAppendWritesAll are mutually exclusive.';
    throw new ArmError(400, 'InvalidRequestPropertyValue', message);
  }
  return {
    immutabilityPeriodSinceCreationInDays: days!,
    ...(allowProtectedAppendWrites !== undefined && { allowProtectedAppendWrites }),
    ...(allowProtectedAppendWritesAll !== undefined && { allowProtectedAppendWritesAll }),
  };
}

function keep(
  call: ArmCall,
  existing: ArmResource | undefined,
  update: Update,
  properties: PolicyProperties,
): ArmReply {
  const { world, path } = call;
  const { id, name, type } = path;
  const etag = `"8d${world.guid().replaceAll('-', '').slice(0, 13)}"`;
  const entry = {
    update,
    immutabilityPeriodSinceCreationInDays: properties.immutabilityPeriodSinceCreationInDays,
    timestamp: world.clock.iso(),
    objectIdentifier: call.principalId,
    tenantId: world.tenantId,
  };
  const updateHistory = [...(existing ? historyOf(existing) : []), entry];
  world.store.put({ id, name, type, etag, properties: { ...properties }, updateHistory });
  return { status: 200, headers: { ETag: etag }, body: { id, name, type, etag, properties } };
}

/** The router compares it; these operations also need it to be there. */
function requireMatch({ headers, path }: ArmCall): void {
  if (headers['if-match']) return;
  throw new ArmError(400, 'MissingRequiredHeader', `The If-Match header with the ETag of '${path.name}' is required.`);
}

function wrongState(): ArmError {
  return new ArmError(
    409,
    'ContainerOperationFailure',
    'Operation not allowed on immutability policy with current state.',
  );
}

function absent({ path }: ArmCall): ArmError {
  return new ArmError(412, 'PreconditionFailed', `There is no immutability policy '${path.name}' that could match.`);
}
