import { listAt, type Rule } from './rule.ts';

/** Public addresses belong to the NAT gateway, which lets nothing in. */
export const noPublicAddress: Rule = {
  name: 'no-public-address',
  description: 'The only public address is that of the NAT gateway.',
  settings: {
    natAddressSuffix: {
      type: 'string',
      default: '-nat-ip',
      description: 'How the name of the NAT gateway’s address ends',
    },
  },
  check({ type, inputs }, settings) {
    if (type === 'azure-native:network:NatGateway') return [];
    if (type === 'azure-native:network:PublicIPAddress') {
      const { natAddressSuffix = '-nat-ip' } = settings as { natAddressSuffix?: string };
      const name = String(inputs.publicIpAddressName);
      return name.endsWith(natAddressSuffix)
        ? []
        : [`"${name}" is no address of a NAT gateway, whose names end with "${natAddressSuffix}".`];
    }
    return hasKey(inputs, /^publicIP(Address)?(es)?$/i) ? ['must not have a public address.'] : [];
  },
};

/** What lets something in has to be said in a security group, so none may say it. */
export const noInboundRule: Rule = {
  name: 'no-inbound-rule',
  description: 'No security group lets anything in.',
  check({ type, inputs }) {
    const rules =
      type === 'azure-native:network:NetworkSecurityGroup'
        ? listAt(inputs, 'securityRules')
        : type === 'azure-native:network:SecurityRule'
          ? [{ name: inputs.securityRuleName, ...inputs }]
          : [];
    return rules
      .filter(({ direction, access }) => direction === 'Inbound' && access !== 'Deny')
      .map(({ name }) => `rule "${String(name)}" lets inbound traffic pass.`);
  },
};

/** Azure gives machines a way out unless a subnet says no. */
export const noDefaultOutbound: Rule = {
  name: 'no-default-outbound',
  description: 'Subnets have no outbound access of Azure’s own making.',
  check({ type, inputs }) {
    const subnets =
      type === 'azure-native:network:VirtualNetwork'
        ? listAt(inputs, 'subnets')
        : type === 'azure-native:network:Subnet'
          ? [{ name: inputs.subnetName, ...inputs }]
          : [];
    return subnets
      .filter(({ defaultOutboundAccess }) => defaultOutboundAccess !== false)
      .map(({ name }) => `subnet "${String(name)}" must have defaultOutboundAccess false.`);
  },
};

function hasKey(value: unknown, pattern: RegExp): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => hasKey(item, pattern));
  return Object.entries(value).some(([key, inner]) => (pattern.test(key) && inner != null) || hasKey(inner, pattern));
}
