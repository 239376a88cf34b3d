import { ArmError } from '../../types.ts';

const crud = ['read', 'write', 'delete'];
const under = (kind: string, verbs: string[]) => verbs.map((verb) => `${kind}/${verb}`);
const access = under('beginGetAccess', ['action']).concat(under('endGetAccess', ['action']));

/**
 * All actions that some types have, from the permission reference ("Azure permissions for Compute", March 2026). A custom
 * role with one that is not published is refused; types that are not here are not held against anything.
 */
const published: Record<string, string[]> = {
  'Microsoft.Compute/disks': [...crud, ...access],
  'Microsoft.Compute/snapshots': [...crud, ...access],
  'Microsoft.Compute/diskEncryptionSets': crud,
  'Microsoft.Compute/diskAccesses': [
    ...crud,
    'privateEndpointConnectionsApproval/action',
    ...under('privateEndpointConnections', crud),
    ...under('privateEndpointConnectionProxies', [...crud, 'validate/action']),
  ],
  'Microsoft.Compute/restorePointCollections': [
    ...crud,
    ...under('restorePoints', [...crud, 'retrieveSasUris/action']),
    ...under('restorePoints/diskRestorePoints', ['read', ...access]),
  ],
};

const known = Object.entries(published).map(
  ([type, actions]) => [`${type}/`.toLowerCase(), new Set(actions.map((action) => action.toLowerCase()))] as const,
);

/** @throws ArmError 400 InvalidActionOrNotAction (text: azure-cli #31926) */
export function checkPublished(actions: readonly string[]): void {
  for (const action of actions.filter((one) => !one.includes('*'))) {
    const [prefix = '', names] = known.find(([type]) => action.toLowerCase().startsWith(type)) ?? [];
    if (!names || names.has(action.slice(prefix.length).toLowerCase())) continue;
    throw new ArmError(
      400,
      'InvalidActionOrNotAction',
      `'${action}' does not match any of the actions supported by the providers.`,
    );
  }
}
