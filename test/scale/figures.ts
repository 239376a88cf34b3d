import { bytes, seconds, table } from '../../demo/format.ts';
import type { Report } from './run.ts';
import { groupKey, highestValue } from './verdict.ts';

/** A run's figures, for people. */
export function figures({ plan, rounds, peaks, hub, hostMemory }: Report): string {
  const machines = plan.machines.length;
  const rows = rounds.map(({ name, seconds: took, counted, rates }) => {
    const { reads, writes, deletes } = counted.requests;
    const numbers = [reads, writes, deletes, Math.round((reads + writes + deletes) / machines)];
    const most = [rates.reads, rates.writes, rates.deletes].join('/');
    return [name, took.toFixed(1), ...[...numbers, counted.throttled, counted.grants].map(String), most];
  });
  const sites = plan.sites.map((site) => {
    const own = plan.machines.filter((machine) => machine.site === site);
    const accesses = Object.entries(peaks.diskAccesses).filter(([id]) => id.startsWith(groupKey(site)));
    return [
      `${site.region} ${site.subscriptionId.slice(0, 8)}${site.declared ? '' : ' (run time)'}`,
      String(own.length),
      String(own.flatMap(({ disks }) => disks).length),
      ...rounds.map(({ counted }) => String(counted.sites[groupKey(site)] ?? 0)),
      accesses.map(([, times]) => times).join(' '),
    ];
  });
  const atOnce = rounds.map(({ name }) => `at once, ${name}`);
  const longest = [...hub.histories].sort(([, a], [, b]) => b - a).slice(0, 3);
  const states = rounds.map(({ name, states }) => {
    const each = Object.entries(states).map(([state, ms]) => `${state} ${seconds(ms)}`);
    return `Longest in a state, ${name}: ${each.join(', ')}`;
  });
  return [
    '',
    table([['round', 's', 'reads', 'writes', 'deletes', 'per machine', '429', 'grants', 'most/s (r/w/d)'], ...rows]),
    '',
    table([['site', 'machines', 'disks', ...atOnce, 'exports by disk access'], ...sites]),
    '',
    ...states,
    `SAS of one family at once: ${highestValue(peaks.families)}`,
    `Longest histories: ${longest.map(([id, events]) => `${events} (${id})`).join(', ')}`,
    ...(hostMemory === undefined ? [] : [`Functions host: ${bytes(hostMemory)} at most`]),
    '',
  ].join('\n');
}
