import * as pulumi from '@pulumi/pulumi';
import { declarePieces, type PiecesArgs } from './declare.ts';

/** Private endpoints in a site's network to what others make: accounts of other sites, the vault, repositories, the API. */
export class Endpoints extends pulumi.ComponentResource {
  constructor(name: string, args: PiecesArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:Endpoints', name, {}, options);
    declarePieces(args, { parent: this });
    this.registerOutputs();
  }
}
