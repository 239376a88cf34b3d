import { expecting } from './rule.ts';

export const noSharedKeys = expecting(
  'no-shared-keys',
  'Identities sign in; there is no key, password or local account that could leak.',
  {
    'azure-native:storage:StorageAccount': { allowSharedKeyAccess: [false] },
    'azure-native:keyvault:Vault': { 'properties.enableRbacAuthorization': [true] },
    'azure-native:sql:Server': {
      'administrators.azureADOnlyAuthentication': [true],
      administratorLoginPassword: [undefined],
    },
    'azure-native:web:WebApp': { 'siteConfig.ftpsState': ['Disabled'] },
    'azure-native:operationalinsights:Workspace': { 'features.disableLocalAuth': [true] },
    'azure-native:applicationinsights:Component': { disableLocalAuth: [true] },
  },
);
