import { ArmError } from '../../types.ts';

/** Errors of Microsoft.Network. Codes and texts as the service writes them. */

export function invalidPrefixFormat(prefix: string, id: string): ArmError {
  return new ArmError(
    400,
    'InvalidAddressPrefixFormat',
    `Address prefix ${prefix} of resource ${id} is not formatted correctly. It should follow CIDR notation, ` +
      'for example 10.0.0.0/24.',
  );
}

export function invalidCidrNotation(prefix: string, id: string, expected: string): ArmError {
  return new ArmError(
    400,
    'InvalidCIDRNotation',
    `The address prefix ${prefix} in resource ${id} has an invalid CIDR notation. For the given prefix length, ` +
      `the address prefix should be ${expected}.`,
  );
}

export function invalidSubnet(subnet: string, network: string): ArmError {
  return new ArmError(
    400,
    'NetcfgInvalidSubnet',
    `Subnet '${subnet}' is not valid because its IP address range is outside the IP address range of virtual network '${network}'.`,
  );
}

export function subnetRangesOverlap(subnet: string, network: string): ArmError {
  return new ArmError(
    400,
    'NetcfgSubnetRangesOverlap',
    `Subnet '${subnet}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${network}'.`,
  );
}

export function subnetInUse(subnet: string, user: string): ArmError {
  return new ArmError(
    400,
    'InUseSubnetCannotBeDeleted',
    `Subnet ${subnet} is in use by ${user} and cannot be deleted. In order to delete the subnet, delete all the ` +
      'resources within the subnet. See aka.ms/deletesubnet.',
  );
}

export function prefixInUse(prefix: string, subnet: string): ArmError {
  return new ArmError(
    400,
    'InUsePrefixCannotBeDeleted',
    `IpPrefix ${prefix} on Subnet ${subnet} has active allocations and cannot be deleted.`,
  );
}

export function subnetIsFull(subnet: string, prefix: string): ArmError {
  return new ArmError(
    400,
    'SubnetIsFull',
    `Subnet ${subnet} with address prefix ${prefix} does not have enough capacity for 1 IP addresses.`,
  );
}

/** Something that a body points at does not exist. */
export function invalidResourceReference(referenced: string, by: string): ArmError {
  return new ArmError(
    400,
    'InvalidResourceReference',
    `Resource ${referenced} referenced by resource ${by} was not found. Please make sure that the referenced ` +
      'resource exists, and that both resources are in the same region.',
    { details: { details: [] } },
  );
}

export function addressInUse(configuration: string, address: string, user: string): ArmError {
  return new ArmError(
    400,
    'PrivateIPAddressInUse',
    `IP configuration ${configuration} is using the private IP address ${address} which is already allocated to resource ${user}.`,
  );
}

export function addressNotInSubnet(address: string, prefix: string): ArmError {
  return new ArmError(
    400,
    'PrivateIPAddressNotInSubnet',
    `Private static IP address ${address} does not belong to the range of subnet prefix ${prefix}.`,
  );
}

export function securityGroupInUse(id: string, user: string): ArmError {
  return new ArmError(
    400,
    'InUseNetworkSecurityGroupCannotBeDeleted',
    `Network security group ${id} cannot be deleted because it is in use by the following resources: ${user}. In order to ` +
      'delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.',
  );
}

export function routeTableInUse(id: string, user: string): ArmError {
  return new ArmError(
    400,
    'InUseRouteTableCannotBeDeleted',
    `Route table ${id} is in use and cannot be deleted. It is associated with ${user}.`,
  );
}

export function publicAddressInUse(id: string, user: string): ArmError {
  return new ArmError(
    400,
    'PublicIPAddressCannotBeDeleted',
    `Public IP address ${id} can not be deleted since it is still allocated to resource ${user}. In order to delete the ` +
      'public IP, disassociate/detach the Public IP address from the resource.',
  );
}

export function publicAddressTaken(id: string, address: string, user: string): ArmError {
  return new ArmError(
    400,
    'PublicIPAddressInUse',
    `Resource ${id} is referencing public IP address ${address} that is already allocated to resource ${user}.`,
  );
}

export function natGatewayInUse(id: string, user: string): ArmError {
  return new ArmError(
    400,
    'InUseNatGatewayCannotBeDeleted',
    `Nat Gateway ${id} is in use and cannot be deleted. It is associated with ${user}.`,
  );
}

export function interfaceInUse(id: string, user: string): ArmError {
  return new ArmError(
    400,
    'NicInUse',
    `Network Interface ${id} is used by existing resource ${user}. In order to delete the network interface, it must be ` +
      'dissociated from the resource. To learn more, see aka.ms/deletenic.',
  );
}
