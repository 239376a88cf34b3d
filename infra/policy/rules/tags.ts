import type { Rule } from './rule.ts';

/** Types that take tags, of those that an environment is made of. */
const taggable = new Set(
  [
    'applicationinsights:Component',
    'compute:Disk',
    'compute:DiskAccess',
    'compute:Snapshot',
    'compute:VirtualMachine',
    'keyvault:Vault',
    'managedidentity:UserAssignedIdentity',
    'network:NatGateway',
    'network:NetworkSecurityGroup',
    'network:PrivateEndpoint',
    'network:PublicIPAddress',
    'network:RouteTable',
    'network:VirtualNetwork',
    'operationalinsights:Workspace',
    'privatedns:PrivateZone',
    'privatedns:VirtualNetworkLink',
    'resources:ResourceGroup',
    'sql:Server',
    'storage:StorageAccount',
    'web:AppServicePlan',
    'web:WebApp',
  ].map((type) => `azure-native:${type}`),
);

export const tagsPresent: Rule = {
  name: 'tags-present',
  description: 'Everything that takes tags carries those that are required.',
  settings: {
    requiredTags: { type: 'array', items: { type: 'string' }, default: ['strongroom'], description: 'Names of tags' },
  },
  check({ type, inputs }, settings) {
    if (!taggable.has(type)) return [];
    const { requiredTags = ['strongroom'] } = settings as { requiredTags?: string[] };
    const tags = Object.entries((inputs.tags ?? {}) as Record<string, string>);
    // Names of tags are compared without case (Azure: "Use tags to organize your Azure resources").
    return requiredTags
      .filter((wanted) => !tags.some(([name, value]) => name.toLowerCase() === wanted.toLowerCase() && value !== ''))
      .map((name) => `tag "${name}" is missing.`);
  },
};
