/** Azure's public regions, by display name. */
const regions = [
  ...['Australia Central', 'Australia East', 'Australia Southeast', 'Austria East', 'Belgium Central', 'Brazil South'],
  ...[
    'Canada Central',
    'Canada East',
    'Central India',
    'Central US',
    'Chile Central',
    'East Asia',
    'East US',
    'East US 2',
  ],
  ...['France Central', 'Germany West Central', 'Indonesia Central', 'Israel Central', 'Italy North', 'Japan East'],
  ...['Japan West', 'Korea Central', 'Korea South', 'Malaysia West', 'Mexico Central', 'New Zealand North'],
  ...['North Central US', 'North Europe', 'Norway East', 'Poland Central', 'Qatar Central', 'South Africa North'],
  ...['South Central US', 'South India', 'Southeast Asia', 'Spain Central', 'Sweden Central', 'Switzerland North'],
  ...['UAE North', 'UK South', 'UK West', 'West Central US', 'West Europe', 'West India', 'West US', 'West US 2'],
  'West US 3',
];

/** `West Europe` → `westeurope`, as ARM compares and returns locations. */
export function normalizeLocation(location: string): string {
  return location.replaceAll(' ', '').toLowerCase();
}

const names = new Set(regions.map(normalizeLocation));

/** Whether a normalised location exists. `global` does, for what has no region. */
export function isLocation(location: string): boolean {
  return location === 'global' || names.has(location);
}

/** The list behind `GET /subscriptions/{id}/locations`. */
export function locationList(subscriptionId: string): unknown[] {
  return regions.map((displayName) => {
    const name = normalizeLocation(displayName);
    return {
      id: `/subscriptions/${subscriptionId}/locations/${name}`,
      name,
      type: 'Region',
      displayName,
      regionalDisplayName: displayName,
      metadata: { regionType: 'Physical', regionCategory: 'Recommended' },
    };
  });
}

/** Normalised names, as errors list them. */
export function locationNames(): string[] {
  return [...names];
}

/** Display names, as provider lists give them. */
export function locationDisplayNames(): string[] {
  return regions;
}
