import { StrongroomError, type ErrorInfo } from '../errors.ts';
import type { ProbeJob } from '../jobs.ts';
import type { Fault } from '../reach.ts';
import type { SessionStep } from '../session.ts';
import { repositoriesOf, siteAt, type Environment, type Place } from '../site/environment.ts';
import { homeLayout, repositoryLayout, siteKey, type Named } from '../site/layout.ts';
import { wayOut } from '../site/wayOut.ts';
import { hostOf, type Finding, type ProbeStep } from './finding.ts';
import { fixOf, silentWorkerWay } from './fixes.ts';
import { subject, subjects } from './subjects.ts';

/** Fixes that an error spells out; the session has all. */
const MOST_TOLD = 3;

/** What is tried in a site whose session has this id, but for disks. */
export function probeJob(environment: Environment, place: Place, session: string): ProbeJob {
  const home = homeLayout(environment);
  const repositories = repositoriesOf(environment, siteAt(environment, place)).map((repository) => ({
    url: repositoryLayout(siteKey(environment, environment.home), repository).url,
    keyId: home.keys.repository.url,
  }));
  const hosts = subjects(environment, place).map(({ host }) => host);
  return { kind: 'probe', session, hosts, repositories, disk: null };
}

const titles: Record<ProbeStep, (target: string) => string> = {
  resolve: (host) => `resolve ${host}`,
  readDisk: (host) => `read a disk's export URL at ${host}`,
  compareDisk: (host) => `compare two snapshots at ${host}`,
  writeBlob: (url) => `write a blob in ${url}`,
  readBlob: (url) => `read it back from ${url}`,
  useKey: (key) => `wrap and unwrap with ${key}`,
};

/**
 * A worker's findings for people: each failure with what to put right.
 * @param diskAccess through which disks were read; null: none were, or in a public network
 */
export function stepsOf(
  findings: readonly Finding[],
  environment: Environment,
  place: Place,
  diskAccess: Named | null,
): SessionStep[] {
  const known = new Map(subjects(environment, place).map((each) => [each.host, each]));
  return findings.map((finding) => {
    const { step, target, ok, seen, ms } = finding;
    const shown = { name: titles[step](target), ok, seen, ms };
    if (ok) return shown;
    const host = hostOf(target);
    const of =
      known.get(host) ??
      (diskAccess && subject(environment, place, host, { target: diskAccess, group: 'disks' })) ??
      undefined;
    return { ...shown, fix: fixOf({ step, fault: causeOf(finding, findings), host, of }, environment, place) };
  });
}

/** A host whose name is wrong cannot be reached either: then the name is what has to be put right. */
function causeOf({ fault = 'other', target }: Finding, findings: readonly Finding[]): Fault {
  if (fault !== 'unreachable' && fault !== 'other') return fault;
  const host = hostOf(target);
  const name = findings.find(({ step, ok, target: named }) => step === 'resolve' && !ok && named === host);
  return name?.fault ?? fault;
}

/** Something that the appliance itself tried. */
export interface OwnStep {
  name: string;
  /** What it found; of one that failed nothing. */
  seen: string;
  ms: number;
  error?: ErrorInfo;
}

/** A step of the appliance's own for people: a failure with the way out that Azure's code or the kind of failure tells. */
export function ownStep({ name, seen, ms, error }: OwnStep, environment: Environment, place: Place): SessionStep {
  if (!error) return { name, ok: true, seen, ms };
  const silent = error.code === 'WORKER_LOST' ? silentWorkerWay(environment, place) : undefined;
  const passing = error.retryable ? 'Check again: this may pass.' : 'GET /api/sites shows the site piece by piece.';
  return { name, ok: false, seen: error.message, ms, fix: silent ?? wayOut(error) ?? passing };
}

/** Why a site did not pass; undefined when it did. */
export function checkError(steps: readonly SessionStep[]): StrongroomError | undefined {
  const failed = steps.filter(({ ok }) => !ok);
  if (failed.length === 0) return undefined;
  const fixes = [...new Set(failed.map(({ fix = '' }) => fix))];
  const told = fixes.slice(0, MOST_TOLD).map((fix) => {
    const same = failed.filter((step) => (step.fix ?? '') === fix);
    const seen = same[0]!.seen;
    return `${same.map(({ name }) => name).join('; ')}: ${seen}${/[.!?…]$/.test(seen) ? '' : '.'} ${fix}`.trim();
  });
  const rest = fixes.length > MOST_TOLD ? ' There is more: see the steps of the session.' : '';
  return new StrongroomError(
    'CHECK_FAILED',
    `The site failed ${failed.length} of ${steps.length} steps. ${told.join(' ')}${rest}`,
  );
}
