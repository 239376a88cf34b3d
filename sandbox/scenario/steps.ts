import type { Sandbox } from '../index.ts';

/** What making a world's resources is made of. */
export interface Steps {
  location: string;
  /** ARM id of a subscription, by id or name; undefined: the first. @throws when there is none */
  subscriptionId(nameOrId?: string): string;
  groupId(name: string, subscription?: string): string;
  /**
   * Puts a resource unless it is there, and waits. `{subscriptionId}` in texts of the body stands for the GUID of the
   * first subscription.
   * @param apiVersion none: the newest that is published for the type and no preview
   */
  ensure(id: string, type: string, body: object, apiVersion?: string): Promise<void>;
  /** An action on a resource. */
  act(id: string, type: string, action: string): Promise<void>;
}

/** Where ARM itself serves a type's API version from before anyone names one. */
const PROVIDERS_VERSION = '2021-04-01';

export function createSteps({ client, world, subscriptionId: first }: Sandbox, location: string): Steps {
  const versions = new Map<string, Promise<string>>();

  const newest = async (type: string): Promise<string> => {
    const [namespace, ...kinds] = type.split('/');
    const path = `/subscriptions/${first}/providers/${namespace}?api-version=${PROVIDERS_VERSION}`;
    const { resourceTypes } = (await client.arm('GET', path)) as {
      resourceTypes: { resourceType: string; apiVersions: string[] }[];
    };
    const found = resourceTypes.find(
      ({ resourceType }) => resourceType.toLowerCase() === kinds.join('/').toLowerCase(),
    );
    const published = found?.apiVersions.filter((version) => !version.endsWith('-preview')).sort();
    return published?.at(-1) ?? PROVIDERS_VERSION;
  };
  const versionOf = (type: string) => {
    const version = versions.get(type) ?? newest(type);
    versions.set(type, version);
    return version;
  };
  const subscriptionId = (nameOrId?: string) => {
    const all = world.store.list({ type: 'Microsoft.Resources/subscriptions' });
    const wanted = nameOrId ?? first;
    const found = all.find(({ name, displayName }) => name === wanted || displayName === wanted);
    if (!found)
      throw new Error(`there is no subscription "${wanted}"; there are ${all.map((one) => one.name).join(', ')}`);
    return found.id;
  };

  return {
    location,
    subscriptionId,
    groupId: (name, subscription) => `${subscriptionId(subscription)}/resourceGroups/${name}`,
    async ensure(id, type, body, apiVersion) {
      if (world.store.get(id)) return;
      const text = JSON.stringify(body).replaceAll('{subscriptionId}', first);
      await client.arm('PUT', `${id}?api-version=${apiVersion ?? (await versionOf(type))}`, JSON.parse(text));
    },
    async act(id, type, action) {
      await client.arm('POST', `${id}/${action}?api-version=${await versionOf(type)}`);
    },
  };
}
