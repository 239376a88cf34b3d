import { expecting } from './rule.ts';

const exported = { networkAccessPolicy: ['AllowPrivate', 'DenyAll'] };

export const diskExports = expecting(
  'disk-exports',
  'Disks and snapshots are exported through a disk access, or not at all.',
  { 'azure-native:compute:Disk': exported, 'azure-native:compute:Snapshot': exported },
);
