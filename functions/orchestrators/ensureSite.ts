import type { OrchestrationContext } from 'durable-functions';
import { StrongroomError, type ErrorInfo } from '../../model/errors.ts';
import { sitePool } from '../../model/leases.ts';
import { errorOf, type Outcome } from '../../model/outcome.ts';
import { called, type Finding } from '../../model/site/finding.ts';
import type { SiteKey } from '../../model/site/layout.ts';
import { isHomePiece } from '../../model/site/pieces.ts';
import { notReady, verdictOf, type Verdict } from '../../model/site/verdict.ts';
import { elapsed, pollWait, timing } from '../../model/timing.ts';
import { withLease } from './lease.ts';
import { all, call, outcomeOf, sleep, type Steps } from './steps.ts';

/** So many warnings of a site a session tells: each costs history, and drift of a tag is drift of every piece. */
const MOST_WARNINGS = 10;

/** A session and its site. */
export interface SiteInput {
  session: string;
  site: SiteKey;
  /** Tells a session's looks apart: each may have one completion. */
  purpose?: 'vault';
}

/**
 * Sees to it that a site has all that a session needs. One look when all is there; otherwise what is missing is made, and
 * the session says so.
 * @throws SITE_DRIFTED, SITE_INCOMPLETE, PERMISSION_MISSING, AZURE_REFUSED, AZURE_UNAVAILABLE
 */
export function* ensureSite(context: OrchestrationContext, input: SiteInput): Steps<void> {
  const { session, site, purpose = 'site' } = input;
  const verdict = verdictOf(yield* call(context, 'inspectSite', { site }), new Set());
  refuse(verdict, site);
  if (isReady(verdict)) return yield* warn(context, input, verdict);
  yield* all<null>(context, 'completeSite', [{ instanceId: `${session}-${purpose}`, input }]);
}

/** Makes what a site lacks and waits until it works. One session at a time does so; the next ones find it done. */
export function* completeSite(context: OrchestrationContext): Steps<Outcome<null>> {
  const input = context.df.getInput<SiteInput>();
  const lease = { pool: sitePool(input.site), owner: context.df.instanceId };
  return yield* outcomeOf(withLease(context, lease, () => complete(context, input)));
}

function* complete(context: OrchestrationContext, input: SiteInput): Steps<null> {
  const { site } = input;
  const since = context.df.currentUtcDateTime.toISOString();
  const made = new Set<string>();
  let keys: string[] | undefined;
  for (let polls = 0; ; polls++) {
    const inspection = yield* call(context, 'inspectSite', keys ? { site, keys } : { site });
    const verdict = verdictOf(inspection, made);
    refuse(verdict, site);
    if (isReady(verdict)) {
      if (!keys) return (yield* warn(context, input, verdict), null);
      keys = undefined; // once more the whole: pieces may depend on what ARM says of the new ones
      polls = -1;
      continue;
    }
    const waited = elapsed(since, context.df.currentUtcDateTime);
    const ready = verdict.missing.filter(({ key }) => inspection.ready.includes(key));
    if (ready.length) {
      const failures = yield* call(context, 'createPieces', {
        site,
        keys: ready.map(({ key }) => key),
        zones: inspection.zones,
      });
      const done = ready.filter(({ key }) => !failures[key]);
      yield* note(context, input, done);
      for (const { key } of done) made.add(key);
      for (const failure of Object.values(failures))
        if (!mayPass(failure, waited)) throw inSite(errorOf(failure), site);
      if (done.length) polls = -1; // the next ones may be quick
    }
    giveUp(verdict, site, waited);
    keys = [...verdict.missing, ...verdict.awaited].map(({ key }) => key);
    yield* sleep(context, Math.min(pollWait(Math.max(polls, 0)), timing.sitePoll));
  }
}

function isReady({ missing, awaited }: Verdict): boolean {
  return missing.length + awaited.length === 0;
}

/** A new role takes a while; what Azure is busy with passes, too. */
function mayPass({ code, retryable }: ErrorInfo, waited: number): boolean {
  return code === 'PERMISSION_MISSING' ? waited < timing.roles : retryable && waited < timing.site;
}

/** @throws what stands in the way */
function refuse({ refusals }: Verdict, site: SiteKey): void {
  const [first, ...more] = refusals;
  if (!first) return;
  const rest = more.length ? ` There is more (${more.length}): GET /api/sites tells all.` : '';
  throw inSite(first, site, rest);
}

/** @throws when waiting longer is no use */
function giveUp({ missing, awaited }: Verdict, site: SiteKey, waited: number): void {
  const forbidden = awaited.find(({ error }) => error);
  const [first] = awaited.length ? awaited : missing;
  const minutes = Math.round(waited / 60_000);
  if (forbidden && waited >= timing.roles) throw inSite(notReady(forbidden, minutes), site);
  const limit = awaited.some(({ owner }) => owner === 'customer') ? timing.policyRecords : timing.site;
  if (first && waited >= limit) throw inSite(notReady(first, minutes), site);
}

function inSite(
  { code, message, details, retryable }: StrongroomError,
  { region, subscriptionId }: SiteKey,
  more = '',
) {
  return new StrongroomError(code, `Site ${region} of subscription ${subscriptionId}: ${message}${more}`, {
    details,
    retryable,
  });
}

function* warn(context: OrchestrationContext, { session, site }: SiteInput, { warnings }: Verdict): Steps<void> {
  const told = warnings.slice(0, MOST_WARNINGS);
  const more = warnings.length - told.length;
  if (more > 0) told.push(`There is more (${more}): GET /api/sites tells all.`);
  for (const warning of told) {
    yield* call(context, 'warnSession', { session, warning: `Site ${site.region}: ${warning}` });
  }
}

function* note(context: OrchestrationContext, { session, site }: SiteInput, made: Finding[]): Steps<void> {
  if (!made.length) return;
  const notes = made.map((finding) => {
    const name = isHomePiece(finding.key) ? `${called(finding)} in the home site` : called(finding);
    return finding.records
      ? `Site ${site.region}: wrote the records of the ${name} again.`
      : `Site ${site.region}: created ${name}.`;
  });
  yield* call(context, 'noteSession', { session, notes });
}
