import { Option } from 'commander';
import type { Command } from 'commander';
import { StrongroomError } from '../../model/errors.ts';
import type { Point } from '../../model/point.ts';
import type { RetentionDecision, RetentionPoint, RetentionRules } from '../../model/retention.ts';
import type { PruneResult, Repository } from '../../repository/index.ts';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import type { Output } from '../io/output.ts';
import { phases } from '../io/phases.ts';
import { table } from '../io/table.ts';
import { count, humanBytes, humanTime } from '../io/units.ts';
import { open } from './access.ts';
import { isOfSource, noPoint, readEach } from './findPoints.ts';
import { repositoryCommand, wholeNumber } from './options.ts';
import type { RepositoryOptions } from './options.ts';

interface Options extends RepositoryOptions, Omit<RetentionRules, 'timeZone'> {
  delete?: string[];
  source?: string;
  dryRun?: boolean;
}

/** Machines of one name are not one source. */
const sourceKey = ({ source }: Point): string => (source.kind === 'vm' ? source.resourceId.toLowerCase() : source.name);

export const pruneCommand = (io: Io): Command =>
  repositoryCommand('prune', 'delete the restore points that no rule keeps, and what no point needs any more')
    .addOption(keep('last', 'of each source, keep its newest points'))
    .addOption(keep('daily', 'keep the newest point of each of the newest days (UTC)'))
    .addOption(keep('weekly', '… of the newest weeks'))
    .addOption(keep('monthly', '… of the newest months'))
    .addOption(keep('yearly', '… of the newest years'))
    .option('--delete <ids...>', 'delete these points, whatever the rules say, also ones that cannot be read')
    .option('--source <name>', 'by the rules, delete points of this source only')
    .option('--dry-run', 'only say what would be done')
    .action((options: Options) => prune(io, options));

const keep = (which: string, what: string): Option => new Option(`--keep-${which} <n>`, what).argParser(wholeNumber(0));

async function prune(io: Io, options: Options): Promise<void> {
  const { source, dryRun = false, keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly } = options;
  const output = createOutput(io, options);
  const rules = Object.entries({ keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly });
  const given = rules.filter(([, value]) => value !== undefined);
  const repository = await open(options, io);
  const named = await existing(repository, options.delete ?? []);
  const decision = given.length > 0 ? await decide(repository, Object.fromEntries(given), source) : undefined;
  if (decision) tellDecision(output, decision, options);
  const progress = await phases(output, {
    walk: ['Following points', 'objects'],
    repack: ['Repacking', 'bytes'],
    delete: ['Deleting', 'objects'],
  });
  const result = await repository
    .prune({
      deletePoints: [...new Set([...named, ...(decision?.remove.map(({ id }) => id) ?? [])])],
      dryRun,
      onProgress: progress.update,
      signal: io.signal,
    })
    .catch((error: unknown) => {
      throw isUnreadablePoint(error) ? undeletable(error) : error;
    })
    .finally(progress.end);
  output.result({ type: 'pruned', ...result }, resultText(result));
}

/** Whole ids only: what is deleted is not guessed. @throws NOT_FOUND */
async function existing(repository: Repository, ids: readonly string[]): Promise<readonly string[]> {
  const known = new Set(ids.length > 0 ? await repository.pointIds() : []);
  const missing = ids.find((id) => !known.has(id));
  if (missing === undefined) return ids;
  throw new StrongroomError(
    'NOT_FOUND',
    `There is no restore point ${missing}: --delete takes whole ids, see "points".`,
  );
}

const isUnreadablePoint = (error: unknown): error is StrongroomError =>
  error instanceof StrongroomError &&
  error.code === 'REPOSITORY_DAMAGED' &&
  (error.details.object ?? '').startsWith('points/');

/** What an unreadable point needs cannot be told, so nothing may be deleted while it stays. */
function undeletable(cause: StrongroomError): StrongroomError {
  const id = (cause.details.object ?? '').slice('points/'.length);
  return new StrongroomError(
    'REPOSITORY_DAMAGED',
    `The restore point ${id} cannot be read, so nobody knows what it needs: nothing was deleted. Bring the object ` +
      `points/${id} back from a copy, or give the point up with --delete ${id}.`,
    { cause, details: cause.details },
  );
}

async function decide(
  repository: Repository,
  rules: RetentionRules,
  source: string | undefined,
): Promise<RetentionDecision> {
  const { decideRetention } = await import('../../model/retention.ts');
  const points: RetentionPoint[] = [];
  for await (const found of readEach(repository, await repository.pointIds())) {
    if (!('point' in found)) continue; // Kept: who cannot read it cannot tell that it is not wanted.
    const { point } = found;
    if (source !== undefined && !isOfSource(point, source)) continue;
    points.push({ id: point.id, time: point.time, source: sourceKey(point) });
  }
  return decideRetention(points, rules);
}

function tellDecision(output: Output, { keep, remove }: RetentionDecision, { source, dryRun }: Options): void {
  const keeping = keep.map((point) => ({ ...point, action: 'keep' as const }));
  const removing = remove.map((point) => ({ ...point, action: 'delete' as const, reasons: [] }));
  for (const { action, ...point } of [...keeping, ...removing]) {
    output.event({ type: 'retention', action, ...point });
  }
  const verb = dryRun ? 'would delete' : 'delete';
  const rows = [...keeping, ...removing].map(({ id, time, source, action, reasons }) => [
    id,
    humanTime(time),
    source,
    action === 'keep' ? `keep (${reasons.join(', ')})` : verb,
  ]);
  if (rows.length === 0) return output.text(noPoint(source));
  output.text(
    `${table([{ title: 'POINT' }, { title: 'TIME (UTC)' }, { title: 'SOURCE' }, { title: 'WHAT' }], rows)}\n`,
  );
}

function resultText({ dryRun, points, packs, bytes, nextDue, damaged }: PruneResult): string {
  const [deleted, freed, marked] = dryRun
    ? ['Would delete', 'would free', 'would mark']
    : ['Deleted', 'freed', 'marked'];
  const lines = [
    `${deleted} ${count(points.deleted.length, 'restore point')} and ${count(packs.deleted, 'pack')}: ${freed} ${humanBytes(bytes.freed)}. ` +
      `${count(points.kept, 'restore point')} and ${count(packs.kept, 'pack')} stay.`,
  ];
  if (packs.repacked > 0)
    lines.push(
      `${dryRun ? 'Would copy' : 'Copied'} what is needed of ${count(packs.repacked, 'pack')} into new ones (${humanBytes(bytes.repacked)}).`,
    );
  const later = packs.marked + packs.waiting;
  if (later > 0) {
    const when = nextDue ? `, from ${humanTime(nextDue)} UTC on` : '';
    lines.push(
      `${count(later, 'pack')} (${humanBytes(bytes.freedLater)}) ${later === 1 ? 'is' : 'are'} no longer needed; ${marked} ${packs.marked} of them now. A later prune deletes them${when}.`,
    );
  }
  if (points.locked.length > 0) lines.push(`Immutable for now, and therefore kept: ${points.locked.join(', ')}.`);
  if (packs.locked > 0)
    lines.push(
      `${count(packs.locked, 'pack')} that nothing needs ${packs.locked === 1 ? 'is' : 'are'} immutable for now.`,
    );
  if (damaged.length > 0)
    lines.push(`Damaged or missing: ${damaged.join(', ')}. "verify" says which points that concerns.`);
  return lines.join('\n');
}
