import { expecting } from './rule.ts';

export const encryptedTransport = expecting('encrypted-transport', 'HTTPS only, with TLS 1.2 at least.', {
  'azure-native:storage:StorageAccount': {
    minimumTlsVersion: ['TLS1_2', 'TLS1_3'],
    enableHttpsTrafficOnly: [true],
  },
  'azure-native:web:WebApp': {
    httpsOnly: [true],
    'siteConfig.minTlsVersion': ['1.2', '1.3'],
    'siteConfig.scmMinTlsVersion': ['1.2', '1.3'],
  },
  'azure-native:sql:Server': { minimalTlsVersion: ['1.2', '1.3'] },
});
