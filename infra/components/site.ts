import * as pulumi from '@pulumi/pulumi';
import type { Place } from '../../model/site/environment.ts';
import { declarePieces, type PiecesArgs } from './declare.ts';

export interface SiteArgs extends PiecesArgs {
  place: Place;
}

/** A place in which workers run: group, network with its way out, zones, tagged account, disk accesses, and its endpoints to those. */
export class Site extends pulumi.ComponentResource {
  constructor(name: string, { place, ...args }: SiteArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:Site', name, { subscriptionId: place.subscriptionId, region: place.region }, options);
    declarePieces(args, { parent: this });
    this.registerOutputs();
  }
}
