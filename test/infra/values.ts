/** A stack's configuration for the tests. */
export const stackConfig = {
  'azure-native:subscriptionId': '0c000000-0000-4000-8000-000000000000',
  'azure-native:tenantId': '0c000000-0000-4000-8000-0000000000aa',
  'strongroom:name': 'vault7',
  'strongroom:region': 'westeurope',
  'strongroom:apiClientId': '0c000000-0000-4000-8000-0000000000dd',
};
export const site = {
  appliance: 'vault7',
  subscriptionId: stackConfig['azure-native:subscriptionId'],
  region: 'westeurope',
};
