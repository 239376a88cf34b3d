import * as pulumi from '@pulumi/pulumi';
import type { BlobContainer } from '@pulumi/azure-native/storage/blobContainer.js';
import type { RepositoryLayout } from '../../model/site.ts';
import { Endpoint } from './endpoint.ts';
import type { EndpointNetwork } from './endpoint.ts';
import { PrivateAccount } from './privateAccount.ts';

export interface RepositoryArgs {
  layout: RepositoryLayout;
  resourceGroupName: pulumi.Input<string>;
  region: string;
  tags: Record<string, string>;
  redundancy: 'LRS' | 'ZRS' | 'GRS';
  /** Networks whose workers read or write it. */
  networks: Record<string, EndpointNetwork>;
}

/** A repository's account and container, protected against removal, and an endpoint in each network that uses it. */
export class Repository extends pulumi.ComponentResource {
  readonly container: BlobContainer;
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: RepositoryArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:Repository', name, {}, options);
    const { layout, resourceGroupName, region, tags, redundancy } = args;
    const { account, containers } = new PrivateAccount(
      `${name}-account`,
      { resourceGroupName, region, tags, accountName: layout.account.name, redundancy, containers: [layout.container] },
      { parent: this, protect: true },
    );
    this.container = containers[layout.container]!;
    this.url = this.container.id.apply(() => layout.url);
    for (const [site, network] of Object.entries(args.networks)) {
      const target = { name: layout.account.name, id: account.id };
      new Endpoint(`${name}-${site}`, { network, target, group: 'blob' }, { parent: this });
    }
    this.registerOutputs({ url: this.url });
  }
}
