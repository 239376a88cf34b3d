import type * as pulumi from '@pulumi/pulumi';

/**
 * What the program has declared so far. Names and ids are known beforehand (model/site/), so that nothing flows from one
 * resource to the next but the order: whoever names another's id waits for it by way of this.
 */
export class Made {
  readonly #byId = new Map<string, pulumi.Resource>();
  readonly #byName = new Map<string, pulumi.Resource>();

  /** @param name Pulumi's logical name */
  note(id: string, name: string, resource: pulumi.Resource): void {
    this.#byId.set(id.toLowerCase(), resource);
    this.#byName.set(name, resource);
  }

  /** Those of the ARM ids that the program declares; what is made elsewhere is not waited for. */
  at(ids: readonly string[]): pulumi.Resource[] {
    return ids.flatMap((id) => this.#byId.get(id.toLowerCase()) ?? []);
  }

  /** The same by logical names. */
  named(names: readonly string[]): pulumi.Resource[] {
    return names.flatMap((name) => this.#byName.get(name) ?? []);
  }
}
