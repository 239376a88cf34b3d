import { createHash } from 'node:crypto';

/** What network rules call the services behind host names: service tags and service endpoints. */
interface ServiceNames {
  pattern: RegExp;
  tags: string[];
  endpoint?: string;
}

const services: ServiceNames[] = [
  {
    pattern: /\.(blob|queue|table|file|dfs|web)\.(core\.windows\.net|storage\.azure\.net)$/,
    tags: ['Storage'],
    endpoint: 'Microsoft.Storage',
  },
  { pattern: /\.vault\.azure\.net$/, tags: ['AzureKeyVault'], endpoint: 'Microsoft.KeyVault' },
  { pattern: /\.azurewebsites\.net$/, tags: ['AppService'], endpoint: 'Microsoft.Web' },
  { pattern: /\.database\.windows\.net$/, tags: ['Sql'], endpoint: 'Microsoft.Sql' },
  { pattern: /^management\.azure\.com$/, tags: ['AzureResourceManager'] },
  { pattern: /^(login|sts)\.(microsoftonline\.com|windows\.net|microsoft\.com)$/, tags: ['AzureActiveDirectory'] },
  { pattern: /\.(applicationinsights\.azure\.com|monitor\.azure\.com|visualstudio\.com)$/, tags: ['AzureMonitor'] },
];

/** The service tags that a public host's addresses belong to ("Virtual network service tags"). */
export function tagsOf(host: string): string[] {
  const known = services.find(({ pattern }) => pattern.test(host));
  return ['Internet', ...(known ? ['AzureCloud', ...known.tags] : [])];
}

/** The service endpoint by which a subnet reaches a host without a way to the internet. */
export function serviceEndpointOf(host: string): string | undefined {
  return services.find(({ pattern }) => pattern.test(host))?.endpoint;
}

/** A public host's address: always the same one of a block that is nobody's (RFC 5737). */
export function publicAddressOf(host: string): string {
  return `192.0.2.${(createHash('sha256').update(host).digest()[0]! % 254) + 1}`;
}
