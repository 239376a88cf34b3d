import { z } from 'zod';
import { faults } from './faultSchema.ts';
import { bytes, move, object } from './object.ts';

const name = z.string().min(1);
const positive = z.int().min(1);
const tags = z.record(z.string(), z.string());
const limit = object({ bucket: positive, perSecond: z.number().min(0) });

/** What lies on a disk that a scenario makes: generated data or an image file, else nothing. */
const content = {
  sku: z.string().optional(),
  sizeGiB: positive.optional(),
  /** Bytes of generated data, spread over the disk; the same seed gives the same bytes. */
  data: bytes.optional(),
  seed: z.string().optional(),
  /** Raw image or fixed VHD, relative to the scenario's file; the disk takes its size. */
  image: z.string().optional(),
};

const disk = object({ name: z.string().optional(), ...content }).superRefine((given, context) => {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (given.image !== undefined && given.data !== undefined) refuse('data', 'cannot be together with image');
  if (given.image !== undefined && given.sizeGiB !== undefined) refuse('sizeGiB', 'comes from the image');
  if (given.data !== undefined && given.data > (given.sizeGiB ?? 1) * 2 ** 30) {
    refuse('data', 'is more than the disk holds');
  }
});

const virtualMachine = object({
  name,
  resourceGroup: name,
  subscription: z.string().optional(),
  location: z.string().optional(),
  tags: tags.optional(),
  zone: z.string().optional(),
  size: z.string().default('Standard_D2s_v5'),
  /** Resource id; none: a virtual network `<group>-network` is made for the group's machines. */
  subnet: z.string().optional(),
  identity: z.record(z.string(), z.unknown()).optional(),
  power: z.enum(['running', 'stopped', 'deallocated']).default('running'),
  osDisk: disk.prefault({}),
  dataDisks: z.array(disk).default([]),
});

/** A resource as a template writes it: `name` has one part for each part of `type` behind the namespace. */
const resource = object({
  type: z.string().regex(/^[^/]+(\/[^/]+)+$/, 'must be a namespace and a type, such as Microsoft.Compute/disks'),
  name,
  apiVersion: z.string().optional(),
  resourceGroup: z.string().optional(),
  subscription: z.string().optional(),
  /** Id of the resource that an extension resource (a lock, a role assignment) belongs to. */
  scope: z.string().optional(),
  location: z.string().optional(),
  tags: tags.optional(),
  sku: z.record(z.string(), z.unknown()).optional(),
  kind: z.string().optional(),
  plan: z.record(z.string(), z.unknown()).optional(),
  identity: z.record(z.string(), z.unknown()).optional(),
  zones: z.array(z.string()).optional(),
  extendedLocation: z.record(z.string(), z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
}).superRefine((given, context) => {
  const parts = given.type.split('/').length - 1;
  if (given.name.split('/').length !== parts) {
    context.addIssue({ code: 'custom', path: ['name'], message: `must have ${parts} parts, as ${given.type} has` });
  }
});

const shortage = object({
  code: z.enum([
    'SkuNotAvailable',
    'AllocationFailed',
    'ZonalAllocationFailed',
    'OverconstrainedAllocationRequest',
    'OverconstrainedZonalAllocationRequest',
  ]),
  vmSize: z.string().optional(),
  location: z.string().optional(),
  zone: z.string().optional(),
});

const settings = object({
  /** Resources on one page of a list. */
  pageSize: positive.optional(),
  /** How long-running operations look to those who poll; see `arm/operations.ts`. */
  operations: object({ holdMs: z.int().min(0).optional(), extraPolls: z.int().min(0).optional() }).optional(),
  /** ARM's token buckets. */
  requestLimits: object({ reads: limit.optional(), writes: limit.optional(), deletes: limit.optional() }).optional(),
  /** Limits of Microsoft.Compute; see `compute/provider/limits.ts`. */
  compute: object({
    snapshotsPerFiveMinutes: positive.optional(),
    snapshotsPerDisk: positive.optional(),
    pendingCopiesPerDisk: positive.optional(),
    pendingCopies: positive.optional(),
    backgroundCopySeconds: z.number().min(0).optional(),
    activeSasPerFamily: positive.optional(),
    activeSasPerDiskAccess: positive.optional(),
    regionalCores: z.int().min(0).optional(),
    familyCores: z.int().min(0).optional(),
    spotCores: z.int().min(0).optional(),
    restorePointsPerHour: positive.optional(),
    restorePointsPerMachine: positive.optional(),
    shortages: z.array(shortage).optional(),
  }).optional(),
  /** Role assignments; see `arm/access`. */
  access: object({ propagationMs: z.int().min(0).optional() }).optional(),
  /** What one disk's data plane gives. */
  exportRate: z
    .union([z.enum(['unlimited', 'tier']), object({ bytesPerSecond: bytes, requestsPerSecond: positive })])
    .optional(),
});

/** A scenario: how a world begins, and what it is like. */
export const scenarioSchema = object({
  subscriptions: z
    .array(object({ id: z.guid(), name }))
    .min(1)
    .optional(),
  location: z.string().default('westeurope'),
  clock: move.optional(),
  settings: settings.prefault({}),
  faults: faults.default([]),
  applications: z
    .array(
      object({
        name,
        clientId: z.guid(),
        objectId: z.guid().optional(),
        secret: z.string().optional(),
        /** PEM file with the certificate that the application signs in with, relative to the scenario's file. */
        certificate: z.string().optional(),
        /** Built-in roles that it holds; no scope: in each subscription. `{subscriptionId}` is the first one's. */
        roles: z.array(object({ role: name, scope: z.string().optional() })).default([]),
        /** `assignedTo`: operator, deployer, client ids of applications, object ids. */
        appRoles: z.array(object({ value: name, assignedTo: z.array(name) })).optional(),
      }),
    )
    .default([]),
  resourceGroups: z
    .array(
      object({ name, subscription: z.string().optional(), location: z.string().optional(), tags: tags.optional() }),
    )
    .default([]),
  resources: z.array(resource).default([]),
  virtualMachines: z.array(virtualMachine).default([]),
});

export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioMachine = Scenario['virtualMachines'][number];
export type ScenarioDisk = ScenarioMachine['osDisk'];
