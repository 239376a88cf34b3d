import { setTimeout as sleep } from 'node:timers/promises';
import { requirePrivate } from '../../azure/hostNames.ts';
import { hostOf, type Finding, type ProbeStep } from '../../model/check/finding.ts';
import { errorInfo, StrongroomError } from '../../model/errors.ts';
import type { JobResult, ProbeJob, RepositoryTarget } from '../../model/jobs.ts';
import { faultOf, reachHint } from '../../model/reach.ts';
import { probeName } from '../../repository/format/layout.ts';
import type { JobContext } from './context.ts';

/** A step that takes longer counts as unreachable: gateways try again for longer than a person wants to wait. */
const STEP_MS = 30_000;
/** As much as a page. */
const FEW_BYTES = 512;
const TEST_KEY_BYTES = 32;

/**
 * Tries out everything that a worker of this site needs. Every step is tried whatever came of the others, all side by side
 * where they do not build on each other. Never fails for what it finds: the findings say it.
 */
export async function probe(job: ProbeJob, context: JobContext): Promise<JobResult> {
  const diskHosts = job.disk ? [new URL(job.disk.sas).host, new URL(job.disk.baseSas).host] : [];
  const hosts = [...new Set([...job.hosts, ...diskHosts])];
  const keys = [...new Set(job.repositories.map(({ keyId }) => keyId))];
  const findings = await Promise.all([
    ...hosts.map((host) => resolve(host, diskHosts.includes(host), context)),
    ...(job.disk ? disk(job.disk, context) : []),
    ...job.repositories.map((repository) => blobs(job.session, repository, context)),
    ...keys.map((keyId) => key(keyId, context)),
  ]);
  context.signal.throwIfAborted();
  return { kind: 'probe', findings: findings.flat() };
}

/** Disks may have public addresses in a public network; everything else is private in both modes. */
function resolve(host: string, isDisk: boolean, { world, signal }: JobContext): Promise<Finding> {
  return tried('resolve', host, signal, async () => {
    const addresses = await world.addressesOf(host);
    if (world.network === 'private' || !isDisk) requirePrivate(host, addresses);
    return addresses.join(', ');
  });
}

function disk({ sas, baseSas }: NonNullable<ProbeJob['disk']>, { world, signal }: JobContext): Promise<Finding>[] {
  const { host } = new URL(sas);
  const reader = world.reader(sas);
  return [
    tried('readDisk', host, signal, async (stop) => `${(await reader.read(0, FEW_BYTES, stop)).length} bytes`),
    tried('compareDisk', host, signal, async (stop) => {
      const changed = await reader.changedSince(baseSas, stop);
      return `${changed.length} changed ${changed.length === 1 ? 'extent' : 'extents'}`;
    }),
  ];
}

async function blobs(session: string, { url }: RepositoryTarget, { world, signal }: JobContext): Promise<Finding[]> {
  const store = world.store(url);
  const name = probeName(session);
  const text = Buffer.from(`Strongroom tried here whether its workers may write: session ${session}\n`);
  const write = await tried('writeBlob', url, signal, async (stop) => {
    try {
      await store.put(name, [text], { ifAbsent: true, signal: stop });
    } catch (error) {
      // This job ran before, on a worker that ended.
      if (!(error instanceof StrongroomError) || error.code !== 'ALREADY_EXISTS') throw error;
    }
    return name;
  });
  const read = await tried('readBlob', url, signal, async (stop) => {
    try {
      const { data } = await store.get(name, undefined, stop);
      if (data.equals(text)) return `${data.length} bytes, the same`;
      throw new StrongroomError('REPOSITORY_DAMAGED', `${url}/${name} holds other bytes than were written.`);
    } catch (error) {
      if (write.ok || !isMissing(error)) throw error;
      return 'may be read; nothing was written';
    }
  });
  return [write, read];
}

/** There is a container, and no such blob in it. */
function isMissing(error: unknown): boolean {
  return error instanceof StrongroomError && error.code === 'NOT_FOUND' && error.details['code'] === 'BlobNotFound';
}

function key(keyId: string, { world, signal }: JobContext): Promise<Finding> {
  return tried('useKey', keyId, signal, async () => {
    const wrapper = world.wrapper(keyId);
    const testKey = world.random(TEST_KEY_BYTES);
    const { wrapped, keyVersion } = await wrapper.wrap(testKey);
    if ((await wrapper.unwrap(wrapped, keyVersion)).equals(testKey)) return `version ${keyVersion}`;
    throw new StrongroomError('KEY_REFUSED', `${keyId} unwrapped other bytes than it had wrapped.`);
  });
}

/** Runs one step within its time; what it throws becomes its finding. */
async function tried(
  step: ProbeStep,
  target: string,
  signal: AbortSignal,
  work: (stop: AbortSignal) => Promise<string>,
): Promise<Finding> {
  const began = performance.now();
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const found = (ok: boolean, seen: string) => ({ step, target, ok, seen, ms: Math.round(performance.now() - began) });
  const late = async (): Promise<never> => {
    await sleep(STEP_MS, undefined, { signal: stop });
    throw new StrongroomError('AZURE_UNAVAILABLE', `${target} gave no answer within ${STEP_MS / 1000} seconds.`);
  };
  try {
    return found(true, await Promise.race([work(stop), late()]));
  } catch (error) {
    const info = errorInfo(error);
    const fault = faultOf(info);
    // Where to look is the fix's to say, which knows the endpoint.
    return { ...found(false, info.message.replace(reachHint(fault, hostOf(target)), '').trim()), fault };
  } finally {
    over.abort();
  }
}
