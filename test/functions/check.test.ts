import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activities } from '../../functions/activities/index.ts';
import { startBackup } from '../../functions/triggers/startBackup.ts';
import { startCheck } from '../../functions/triggers/startCheck.ts';
import type { ActivityInput, CheckInput, JobAddress, WorkerHandle } from '../../model/activities.ts';
import type { Finding } from '../../model/check/finding.ts';
import { ownStep, stepsOf } from '../../model/check/steps.ts';
import type { ErrorInfo } from '../../model/errors.ts';
import { exportLimits } from '../../model/exports.ts';
import { commandSchema, readEnvelope } from '../../model/messages.ts';
import { probeIds } from '../../model/names.ts';
import { environmentSchema } from '../../model/site/environment.ts';
import { diskAccesses, siteLayout } from '../../model/site/layout.ts';
import { LOCATION, startWorld, SUBSCRIPTION, type ComputeWorld } from '../sandbox/compute/world.ts';
import { localAppliance, LocalDurable, type LocalAppliance } from './localAppliance.ts';
import { openMessage } from '../openMessage.ts';
import { backupInput, session as backupSession, stage as backupStage, states } from './plan.ts';
import { addMachine, addSite, vmId } from './protectedMachine.ts';

const site = { appliance: 'strongroom', subscriptionId: SUBSCRIPTION, region: LOCATION };
const session = 'check-20261121t100000z-1a2b3c4d';
const worker: WorkerHandle = { attempt: `${session}-1`, site, slot: 'worker-1' };
const environment = environmentSchema.parse({
  appliance: 'strongroom',
  home: { subscriptionId: SUBSCRIPTION, region: LOCATION },
  sites: [],
  repositories: [{ name: 'main', region: LOCATION }],
});
const input: CheckInput = { session, site, workers: 1, limits: exportLimits(environment) };
const found = (ok: boolean): Finding => ({ step: 'resolve', target: 'a.b', ok, seen: ok ? '10.0.0.1' : 'no', ms: 1 });
const refused: ErrorInfo = { code: 'AZURE_REFUSED', message: 'Azure says no.', retryable: false };

/** What a check's orchestration meets: the first disk is ready at the second look. */
function stage(changed: Record<string, (input: never) => unknown> = {}, findings = [found(true)]) {
  let looks = 0;
  const played = backupStage({
    prepareProbeDisk: () => ({ ready: ++looks > 1 }),
    runWorkerCommand: () => played.cue(`hello:${session}-1`, {}, 1_000),
    sendProbe: ({ address }: { address: JobAddress }) =>
      played.cue(`job:${address.jobId}`, { kind: 'done', result: { kind: 'probe', findings } }, 1_000),
    recordCheck: ({ own, probed }: ActivityInput<'recordCheck'>) => [
      ...own.map((step) => ownStep(step, environment, site)),
      ...stepsOf(probed?.findings ?? [], environment, site, null),
    ],
    ...changed,
  });
  return played;
}
const recorded = (played: ReturnType<typeof stage>) => played.inputsOf<ActivityInput<'recordCheck'>>('recordCheck')[0]!;
const holders = (played: ReturnType<typeof stage>) =>
  [...played.pools.values()].flatMap((pool) => Object.keys(pool.holders));

describe('the orchestration', () => {
  test('site, disk with two snapshots, worker, probe through an export slot of two; then everything is removed', () => {
    const played = stage();
    expect(played.run('checkSite', session, input)).toEqual({ steps: 4 });
    expect(states(played)).toEqual([
      'checkingSite',
      'waitingForWorker',
      'startingWorker',
      'transferring',
      'cleaningUp',
      'completed',
    ]);
    const order = [
      'inspectSite',
      'prepareProbeDisk',
      'startMachine',
      'sendProbe',
      'revokeExports',
      'deallocateMachine',
      'discardProbeDisk',
      'recordCheck',
    ];
    const places = order.map((name) => played.activityNames.lastIndexOf(name));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    const { base, newer } = probeIds(session, site);
    expect(played.inputsOf('sendProbe')).toMatchObject([
      { snapshots: [newer, base], diskAccessId: diskAccesses(site, 1)[0]!.id, site },
    ]);
    expect(recorded(played).own.map(({ name, error }) => [name, error])).toEqual([
      ['every piece of the site', undefined],
      ['make a disk and two snapshots', undefined],
      ['start a worker and hear of it', undefined],
    ]);
    expect(recorded(played).own[1]!.ms).toBeGreaterThan(0);
    expect(holders(played)).toEqual([]);
  });

  test('what the worker found wrong fails the session', () => {
    const played = stage({}, [found(true), found(false)]);
    expect(() => played.run('checkSite', session, input)).toThrow('failed 1 of 5 steps');
    expect(played.inputsOf<{ to: string; error?: ErrorInfo }>('advanceSession').at(-1)).toMatchObject({
      to: 'failed',
      error: { code: 'CHECK_FAILED' },
    });
    expect(holders(played)).toEqual([]);
  });

  test('a disk that cannot be made, or not be opened for export, leaves the rest to be tried', () => {
    const withoutDisk = stage({ prepareProbeDisk: () => ({ failWith: refused }) });
    expect(() => withoutDisk.run('checkSite', session, input)).toThrow('Azure says no.');
    expect(withoutDisk.inputsOf('sendProbe')).toMatchObject([{ snapshots: null, diskAccessId: null }]);

    const closed = stage({
      sendProbe: ({ address, snapshots }: ActivityInput<'sendProbe'>) =>
        snapshots
          ? { failWith: refused }
          : closed.cue(`job:${address.jobId}`, { kind: 'done', result: { kind: 'probe', findings: [found(true)] } }),
    });
    expect(() => closed.run('checkSite', session, input)).toThrow('open two snapshots for export: Azure says no.');
    expect(closed.inputsOf('revokeExports')).toHaveLength(2);
    expect(recorded(closed).probed).toEqual({ findings: [found(true)], diskAccessId: null });
  });

  test('a site that is not as it should be gets no worker; a worker that is silent is said to be', () => {
    const drifted = { code: 'SITE_DRIFTED', message: 'Two accounts.', retryable: false };
    const wrong = stage({ inspectSite: () => ({ failWith: drifted }) });
    expect(() => wrong.run('checkSite', session, input)).toThrow('Two accounts.');
    expect(wrong.activityNames).not.toContain('startMachine');
    expect(recorded(wrong).probed).toBeNull();

    const silent = stage({ runWorkerCommand: () => null, workerCommandError: () => null });
    expect(() => silent.run('checkSite', session, input)).toThrow('not heard of within 10 minutes');
    expect(recorded(silent).own.at(-1)).toMatchObject({
      name: 'start a worker and hear of it',
      error: { code: 'WORKER_LOST' },
    });
    expect(silent.inputsOf('discardProbeDisk')).toHaveLength(1);
  });

  test('only one check of a site at a time', () => {
    const played = stage();
    const { id } = siteLayout(site).resourceGroup;
    played.run('checkSite', session, input);
    const key = [...played.pools.keys()].find((pool) => pool.startsWith('resource-'))!;
    const other = { taken: [{ member: 'resource', weight: 1 }], since: '2026-11-21T10:00:00.000Z' };
    played.pools.set(key, { holders: { other }, waiting: [] });
    expect(() => played.run('checkSite', session, input)).toThrow(`${id} is being checked by session other`);
  });
});

describe("a site's first backup", () => {
  const first = (findings: Finding[], untried: boolean) => {
    const played = stage(
      {
        isUntried: () => untried,
        runWorkerCommand: () => played.cue(`hello:${backupSession}-1`, {}, 1_000),
      },
      findings,
    );
    return played;
  };

  test('tries the site out on its own worker, without a disk, before it writes anything', () => {
    const played = first([found(true)], true);
    played.run('backupVm', backupSession, { ...backupInput, limits: input.limits });
    expect(played.inputsOf('sendProbe')).toMatchObject([{ snapshots: null }]);
    expect(played.activityNames.indexOf('recordCheck')).toBeLessThan(played.activityNames.indexOf('sendJob'));
  });

  test('fails with what to put right', () => {
    const played = first([found(false)], true);
    expect(() => played.run('backupVm', backupSession, { ...backupInput, limits: input.limits })).toThrow(
      'failed 1 of 1 steps',
    );
    expect(played.activityNames).not.toContain('sendJob');
    expect(played.inputsOf('discardSnapshots')).toHaveLength(1);
    expect(played.activityNames).toContain('deallocateMachine');
  });

  test('later ones only look whether it has passed', () => {
    const played = first([], false);
    played.run('backupVm', backupSession, { ...backupInput, limits: input.limits });
    expect(played.inputsOf('isUntried')).toHaveLength(1);
    expect(played.activityNames).not.toContain('sendProbe');
  });
});

describe('with Azure', () => {
  let world: ComputeWorld;
  let appliance: LocalAppliance;
  let client: LocalDurable;

  beforeAll(async () => {
    world = await startWorld();
    await addSite(world, site);
  });
  afterAll(async () => {
    await world.stop();
  });
  beforeEach(() => {
    appliance = localAppliance(world);
    client = new LocalDurable();
  });

  test('a check is a session of the site; another one of the same site is refused; a backup beside it is not', async () => {
    await addMachine(world, {});
    const id = await startCheck(appliance, client, { subscriptionId: SUBSCRIPTION.toUpperCase(), region: LOCATION });
    expect(id).toMatch(/^check-/);
    const { resourceGroup } = siteLayout(site);
    expect(await appliance.sessions.find(id)).toMatchObject({
      kind: 'check',
      state: 'queued',
      resourceId: resourceGroup.id,
    });
    expect(client.started).toMatchObject([{ orchestrator: 'checkSite', instanceId: id, input: { session: id, site } }]);
    await expect(startCheck(appliance, client, site)).rejects.toMatchObject({
      code: 'RESOURCE_BUSY',
      details: { session: id },
    });
    await startBackup(appliance, client, { resourceId: vmId });
    await expect(startCheck(appliance, client, { ...site, region: 'mars' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });

  test('a tiny closed disk and two snapshots of one family; opened, granted and sent in one step; removed without a trace', async () => {
    const act = activities(appliance);
    for (let looks = 0; !(await act.prepareProbeDisk({ session, site })).ready; looks++) expect(looks).toBeLessThan(20);
    const ids = probeIds(session, site);
    const group = siteLayout(site).resourceGroup.name;
    const nameOf = (id: string) => id.split('/').at(-1)!;
    const disk = await world.sdk.disks.get(group, nameOf(ids.disk));
    expect(disk).toMatchObject({
      sku: { name: 'Standard_LRS' },
      diskSizeGB: 4,
      networkAccessPolicy: 'DenyAll',
      publicNetworkAccess: 'Disabled',
      tags: { strongroom: 'strongroom', 'strongroom-check': session },
    });
    const [base, newer] = [(await appliance.snapshots.find(ids.base))!, (await appliance.snapshots.find(ids.newer))!];
    expect(newer.familyId).toBe(base.familyId);
    expect(newer.time >= base.time).toBe(true);

    await act.openAttempt({ session, worker });
    const address = { attempt: worker.attempt, jobId: 'probe', session, instanceId: session };
    const diskAccessId = diskAccesses(site, 1)[0]!.id;
    await act.sendProbe({ address, site, snapshots: [ids.newer, ids.base], diskAccessId });
    const key = await appliance.messageKeys.of(worker.attempt);
    const [message] = appliance.queues.get(worker.attempt)!.messages;
    const command = openMessage(key, readEnvelope(message!.text), 'to-worker', commandSchema);
    if (command.kind !== 'job' || command.job.kind !== 'probe') throw new Error('no probe');
    expect(command.job.disk!.sas).toMatch(/^https:\/\/md-.*sig=/);
    expect(command.job.disk!.baseSas).not.toBe(command.job.disk!.sas);
    expect(command.job.hosts).toHaveLength(4);
    expect(appliance.written.join()).not.toContain('sig=');
    expect((await appliance.snapshots.find(ids.newer))!.exportPolicy.networkAccessPolicy).toBe('AllowPrivate');

    await act.revokeExports({ address });
    for (let i = 0; i < 2; i++) await act.discardProbeDisk({ session, site });
    await act.closeAttempt({ session, worker });
    expect(await appliance.snapshots.find(ids.base)).toBeUndefined();
    expect(await appliance.snapshots.find(ids.newer)).toBeUndefined();
    await expect(world.sdk.disks.get(group, nameOf(ids.disk))).rejects.toMatchObject({ statusCode: 404 });
  });

  test('the session shows each step in order, and the site is known to have passed only when all are well', async () => {
    const act = activities(appliance);
    await appliance.sessions.create({
      id: session,
      kind: 'check',
      state: 'queued',
      resourceId: siteLayout(site).resourceGroup.id,
      started: appliance.now(),
      updated: appliance.now(),
    });
    const own = [{ name: 'every piece of the site', seen: 'stands', ms: 1200 }];
    const host = `${siteLayout(site).account.name}.blob.core.windows.net`;
    const missing: Finding = {
      step: 'resolve',
      target: host,
      ok: false,
      seen: 'no address',
      ms: 4,
      fault: 'nameUnknown',
    };
    await act.recordCheck({ session, site, own, probed: { findings: [found(true), missing], diskAccessId: null } });
    const shown = await appliance.sessions.find(session);
    expect(shown!.steps).toEqual([
      { name: 'every piece of the site', ok: true, seen: 'stands', ms: 1200 },
      { name: 'resolve a.b', ok: true, seen: '10.0.0.1', ms: 1 },
      {
        name: `resolve ${host}`,
        ok: false,
        seen: 'no address',
        ms: 4,
        fix: expect.stringContaining('privatelink.blob.core.windows.net') as string,
      },
    ]);
    expect(await act.isUntried({ site })).toBe(true);
    await act.recordCheck({ session, site, own, probed: null }); // nothing was tried
    expect(await act.isUntried({ site })).toBe(true);
    await act.recordCheck({ session, site, own, probed: { findings: [found(true)], diskAccessId: null } });
    expect(await act.isUntried({ site })).toBe(false);
    expect(await appliance.siteChecks.find(site)).toMatchObject({ session });
  });
});
