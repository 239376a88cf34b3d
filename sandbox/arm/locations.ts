import { regions } from './regions.ts';

/** `West Europe` → `westeurope`, as ARM compares and returns locations. */
export function normalizeLocation(location: string): string {
  return location.replaceAll(' ', '').toLowerCase();
}

const names = new Set(regions.map(({ displayName }) => normalizeLocation(displayName)));

/** Whether a normalised location exists. `global` does, for what has no region. */
export function isLocation(location: string): boolean {
  return location === 'global' || names.has(location);
}

/** The list behind `GET /subscriptions/{id}/locations`. */
export function locationList(subscriptionId: string): unknown[] {
  const idOf = (name: string) => `/subscriptions/${subscriptionId}/locations/${name}`;
  return regions.map((region) => {
    const { displayName, geography, geographyGroup, physicalLocation, latitude, longitude, pair, recommended } = region;
    const name = normalizeLocation(displayName);
    const paired = pair && normalizeLocation(pair);
    const zones = ['1', '2', '3'].map((zone) => ({ logicalZone: zone, physicalZone: `${name}-az${zone}` }));
    return {
      id: idOf(name),
      name,
      type: 'Region',
      displayName,
      regionalDisplayName: `(${geographyGroup}) ${displayName}`,
      metadata: {
        regionType: 'Physical',
        regionCategory: recommended ? 'Recommended' : 'Other',
        geography,
        geographyGroup,
        longitude,
        latitude,
        physicalLocation,
        pairedRegion: paired ? [{ name: paired, id: idOf(paired) }] : [],
      },
      ...(recommended && { availabilityZoneMappings: zones }),
    };
  });
}

/** Normalised names, as errors list them. */
export function locationNames(): string[] {
  return [...names];
}

/** Display names, as provider lists give them. */
export function locationDisplayNames(): string[] {
  return regions.map(({ displayName }) => displayName);
}
