import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  commandSchema,
  jobIdOf,
  MAX_MESSAGE_BYTES,
  openEnvelope,
  readEnvelope,
  sealMessage,
  understood,
  type Command,
} from '../../model/messages.ts';
import type { MachinePoint } from '../../model/point.ts';
import { openMessage } from '../openMessage.ts';

const key = randomBytes(32);
const head = { attempt: 'backup-20261121t100000z-1a2b3c4d-1', direction: 'to-worker', id: 'm1' } as const;
const seal = (message: Command) => sealMessage(key, head, message, randomBytes(12));
const open = (text: string) => openMessage(key, readEnvelope(text), 'to-worker', commandSchema);
const cancel: Command = { kind: 'cancel', jobId: 'job' };

test('a message opens to what was sealed', () => expect(open(seal(cancel))).toEqual(cancel));

test('a message for another attempt, direction or id, or with a changed byte, is rejected', () => {
  const envelope = JSON.parse(seal(cancel)) as Record<string, string>;
  for (const change of [
    { attempt: 'other' },
    { direction: 'to-appliance' },
    { id: 'm2' },
    { box: `A${envelope.box!.slice(1)}` === envelope.box ? `B${envelope.box.slice(1)}` : `A${envelope.box!.slice(1)}` },
  ]) {
    expect(() => open(JSON.stringify({ ...envelope, ...change }))).toThrow(/failed authentication/);
  }
});

test('an authentic message of another version is rejected, and gives the job that it is about', () => {
  const newer = readEnvelope(seal({ kind: 'pause', jobId: 'job' } as unknown as Command));
  const content = openEnvelope(key, newer, 'to-worker');
  expect(() => understood(newer, content, commandSchema)).toThrow(/authentic but not understood.*different versions/);
  expect(jobIdOf(content)).toBe('job');
  for (const other of [undefined, null, 'job', { jobId: 1 }]) expect(jobIdOf(other)).toBeUndefined();
});

test('what is no envelope is rejected', () =>
  expect(() => readEnvelope('{"v":2}')).toThrow(/not a Strongroom envelope/));

test('the restore point of a machine with 64 data disks fits into one message', () => {
  const id = (name: string) =>
    `/subscriptions/${crypto.randomUUID()}/resourceGroups/a-group-with-a-long-name/providers/Microsoft.Compute/${name}`;
  const encryptionSet = id('diskEncryptionSets/machine-keys');
  const hex = (bytes: number) => randomBytes(bytes).toString('hex');
  const disk = (lun: number): MachinePoint['disks'][number] => ({
    key: lun < 0 ? 'os' : `lun${lun}`,
    name: `machine-data-disk-${lun}`,
    resourceId: id(`disks/machine-data-disk-${lun}`),
    uniqueId: crypto.randomUUID(),
    lun: lun < 0 ? null : lun,
    size: 32 * 2 ** 40,
    snapshot: { id: id(`snapshots/${hex(16)}`), familyId: crypto.randomUUID(), time: '2026-11-21T10:00:00.000Z' },
    properties: {
      location: 'westeurope',
      sku: 'Premium_LRS',
      hyperVGeneration: 'V2',
      supportedCapabilities: { acceleratedNetwork: true, architecture: 'x64' },
      encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: encryptionSet },
      tags: { owner: 'team', cost: hex(4) },
    },
    image: { size: 32 * 2 ** 40, depth: 4, root: { pack: hex(16), offset: 123456, length: 7890, hash: hex(16) } },
    read: {
      mode: 'incremental',
      basePoint: '20261120T100000Z-1a2b3c4d',
      sampled: 256,
      fullRead: '2026-11-01T10:00:00.000Z',
    },
    stats: {
      size: 32 * 2 ** 40,
      read: 123456789,
      stored: 12345678,
      blocksRead: 12345,
      blocksNew: 1234,
      blocksZero: 123,
    },
  });
  const disks = Array.from({ length: 65 }, (_, i) => disk(i - 1));
  const machine = {
    id: id('virtualMachines/machine'),
    properties: {
      storageProfile: {
        dataDisks: disks.map(({ name, resourceId, lun }) => ({
          lun,
          name,
          createOption: 'Attach',
          caching: 'ReadOnly',
          managedDisk: { id: resourceId, storageAccountType: 'Premium_LRS' },
          deleteOption: 'Detach',
          toBeDetached: false,
        })),
      },
    },
  };
  const point: MachinePoint = {
    version: 1,
    id: '20261121T100000Z-1a2b3c4d',
    time: '2026-11-21T10:00:00.000Z',
    session: 'backup-20261121t100000z-1a2b3c4d',
    source: { kind: 'vm', resourceId: id('virtualMachines/machine'), name: 'machine', location: 'westeurope' },
    consistency: 'per-disk',
    machine,
    disks,
  };
  const repository = {
    url: 'https://account.blob.core.windows.net/repository',
    keyId: 'https://vault.vault.azure.net/keys/repository',
  };
  const message: Command = { kind: 'job', jobId: 'job', job: { kind: 'commitPoint', repository, point } };
  const text = seal(message);
  expect(Buffer.byteLength(text)).toBeLessThan(MAX_MESSAGE_BYTES);
  expect(open(text)).toEqual(message);
});
