import * as pulumi from '@pulumi/pulumi';
import { UserAssignedIdentity } from '@pulumi/azure-native/managedidentity/userAssignedIdentity.js';
import type { ApplianceLayout } from '../../model/site/layout.ts';
import type { Made } from '../made.ts';
import { identityNames, type Identity } from '../roles.ts';

export interface IdentitiesArgs {
  layout: ApplianceLayout;
  region: string;
  tags: Record<string, string>;
  made: Made;
}

/** The identities that act: none has a secret. */
export class Identities extends pulumi.ComponentResource {
  readonly of: Record<Identity, UserAssignedIdentity>;

  constructor(name: string, { layout, region, tags, made }: IdentitiesArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:Identities', name, {}, options);
    const declare = (of: Identity): UserAssignedIdentity => {
      const named = layout[`${of}Identity`];
      const identity = new UserAssignedIdentity(
        `${name}-${of}`,
        { resourceGroupName: layout.resourceGroup.name, resourceName: named.name, location: region, tags },
        { parent: this, dependsOn: made.at([layout.resourceGroup.id]) },
      );
      made.note(named.id, `${name}-${of}`, identity);
      return identity;
    };
    this.of = Object.fromEntries(identityNames.map((of) => [of, declare(of)])) as Record<
      Identity,
      UserAssignedIdentity
    >;
    this.registerOutputs();
  }
}
