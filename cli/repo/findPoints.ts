import { StrongroomError } from '../../model/errors.ts';
import type { Point } from '../../model/point.ts';
import type { Repository } from '../../repository/index.ts';
import { orderedMap } from '../../repository/flow.ts';

const POINTS_AHEAD = 8;

/** A point, or why it cannot be read. */
export type Found = { id: string; point: Point } | { id: string; error: StrongroomError };

/** Points with these ids, in their order; one that is deleted meanwhile is left out. */
export async function* readEach(repository: Repository, ids: readonly string[]): AsyncGenerator<Found> {
  const read = async (id: string): Promise<Found | undefined> => {
    try {
      return { id, point: await repository.point(id) };
    } catch (error) {
      if (!(error instanceof StrongroomError)) throw error;
      if (error.code === 'NOT_FOUND') return undefined;
      if (error.code === 'REPOSITORY_DAMAGED') return { id, error };
      throw error;
    }
  };
  for await (const found of orderedMap(ids, POINTS_AHEAD, read)) if (found) yield found;
}

/** The newest point that is as asked; points that cannot be read are passed over. */
export async function newestPoint(
  repository: Repository,
  isWanted: (point: Point) => boolean,
): Promise<Point | undefined> {
  for await (const found of readEach(repository, (await repository.pointIds()).reverse())) {
    if ('point' in found && isWanted(found.point)) return found.point;
  }
  return undefined;
}

/** Whether a point is of the source that a person names: a name, or a machine's resource id. */
export function isOfSource({ source }: Point, wanted: string): boolean {
  if (source.name === wanted) return true;
  return source.kind === 'vm' && source.resourceId.toLowerCase() === wanted.toLowerCase();
}

/** What lists say that found nothing. */
export const noPoint = (source?: string): string =>
  source === undefined
    ? 'There is no restore point.'
    : `There is no restore point of source ${JSON.stringify(source)}.`;

/**
 * The point that a person names: its id, the beginning of one id, or `latest`.
 * @param source with `latest`: of this source
 * @throws NOT_FOUND, INVALID_INPUT (several ids begin like that), REPOSITORY_DAMAGED
 */
export async function findPoint(repository: Repository, name: string, source?: string): Promise<Point> {
  if (name === 'latest') {
    const newest = await newestPoint(repository, (point) => source === undefined || isOfSource(point, source));
    if (newest) return newest;
    throw new StrongroomError(
      'NOT_FOUND',
      source === undefined
        ? 'The repository has no restore point yet.'
        : `The repository has no restore point of source ${JSON.stringify(source)}: "strongroom repo points" lists what it has.`,
    );
  }
  if (source !== undefined)
    throw new StrongroomError('INVALID_INPUT', '--source goes with the point "latest": an id says all by itself.');
  if (name === '')
    throw new StrongroomError('INVALID_INPUT', 'Which point? Give its id, the beginning of its id, or "latest".');
  const ids = (await repository.pointIds()).filter((id) => id.startsWith(name));
  if (ids.length > 1) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `Several points begin with ${name}: ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}. Give more of the id.`,
    );
  }
  if (!ids[0])
    throw new StrongroomError(
      'NOT_FOUND',
      `There is no restore point ${name}: "strongroom repo points" lists what there is.`,
    );
  return repository.point(ids[0]);
}
