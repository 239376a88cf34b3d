import { TemplateError } from './expression.ts';
import type { PlannedResource } from './template.ts';

/**
 * Which planned resources each one waits for: what `dependsOn` names by id, by type and name, by name or by loop.
 * @throws TemplateError for a circle
 */
export function dependencies(planned: PlannedResource[]): Map<PlannedResource, PlannedResource[]> {
  const named = (entry: string) => {
    const wanted = entry.toLowerCase();
    return planned.filter(
      ({ id, name, loop }) =>
        loop === wanted || name.toLowerCase() === wanted || id.toLowerCase().endsWith(`/${wanted.replace(/^\//, '')}`),
    );
  };
  const all = new Map(planned.map((one) => [one, one.dependsOn.flatMap(named).filter((other) => other !== one)]));
  const done = new Set<PlannedResource>();
  const visit = (one: PlannedResource, path: PlannedResource[]) => {
    if (path.includes(one)) {
      throw new TemplateError(
        `Circular dependency detected on resource: '${one.id}'. Please see https://aka.ms/arm-syntax-resources for ` +
          'usage details.',
      );
    }
    if (done.has(one)) return;
    for (const other of all.get(one)!) visit(other, [...path, one]);
    done.add(one);
  };
  for (const one of planned) visit(one, []);
  return all;
}
