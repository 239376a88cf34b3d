/** Regions that this Azure has: name and display name. */
const regions: Record<string, string> = {
  northeurope: 'North Europe',
  westeurope: 'West Europe',
  germanywestcentral: 'Germany West Central',
  swedencentral: 'Sweden Central',
  francecentral: 'France Central',
  switzerlandnorth: 'Switzerland North',
  uksouth: 'UK South',
  eastus: 'East US',
  eastus2: 'East US 2',
  westus2: 'West US 2',
  westus3: 'West US 3',
  centralus: 'Central US',
  southeastasia: 'Southeast Asia',
  japaneast: 'Japan East',
  australiaeast: 'Australia East',
};

/** `West Europe` → `westeurope`, as ARM compares and returns locations. */
export function normalizeLocation(location: string): string {
  return location.replaceAll(' ', '').toLowerCase();
}

/** The list behind `GET /subscriptions/{id}/locations`. */
export function locationList(subscriptionId: string): unknown[] {
  return Object.entries(regions).map(([name, displayName]) => ({
    id: `/subscriptions/${subscriptionId}/locations/${name}`,
    name,
    type: 'Region',
    displayName,
    regionalDisplayName: displayName,
    metadata: { regionType: 'Physical', regionCategory: 'Recommended' },
  }));
}

/** Display names, as provider lists give them. */
export function locationNames(): string[] {
  return Object.values(regions);
}
