import type { ArmWorld } from '../arm/types.ts';
import { linkType } from '../arm/providers/network/zoneLinks.ts';
import type { Reference } from '../arm/providers/network/written.ts';

/** A private zone as a network sees it. */
export interface LinkedZone {
  id: string;
  name: string;
  /** `resolutionPolicy: NxDomainRedirect`: names that it lacks are asked of public DNS ("Fallback to internet"). */
  redirects: boolean;
}

/** What a zone says of a name. */
export type ZoneAnswer = { addresses: string[] } | { alias: string } | undefined;

/** The private zone that is asked for a name in a network: of those linked to it, the one with the longest fitting name. */
export function zoneFor({ store }: ArmWorld, networkId: string, name: string): LinkedZone | undefined {
  const fitting = store.list({ type: linkType }).filter(({ id, properties }) => {
    const zone = id.split('/').at(-3)!.toLowerCase();
    const { id: linked } = properties?.virtualNetwork as Reference;
    return linked.toLowerCase() === networkId.toLowerCase() && (name === zone || name.endsWith(`.${zone}`));
  });
  const [best] = fitting
    .map(({ id, properties }) => ({
      id: id.split('/').slice(0, -2).join('/'),
      name: id.split('/').at(-3)!.toLowerCase(),
      redirects: properties?.resolutionPolicy === 'NxDomainRedirect',
    }))
    .toSorted((a, b) => b.name.length - a.name.length);
  return best;
}

/** The A records of a name in a zone, or what it is an alias of; `*` stands for names that have no records. */
export function askZone({ store }: ArmWorld, zone: LinkedZone, name: string): ZoneAnswer {
  const relative = name === zone.name ? '@' : name.slice(0, -zone.name.length - 1);
  const labels = relative.split('.');
  const wildcards = labels.map((_, i) => ['*', ...labels.slice(i + 1)].join('.'));
  for (const set of [relative, ...wildcards]) {
    const a = store.get(`${zone.id}/A/${set}`)?.properties?.aRecords as { ipv4Address: string }[] | undefined;
    if (a) return { addresses: a.map(({ ipv4Address }) => ipv4Address) };
    const alias = store.get(`${zone.id}/CNAME/${set}`)?.properties?.cnameRecord as { cname?: string } | undefined;
    if (alias?.cname) return { alias: alias.cname.toLowerCase().replace(/\.$/, '') };
  }
  return undefined;
}
