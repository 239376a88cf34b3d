import { invalidApiVersion, noRegisteredProvider } from './errors.ts';
import { locationNames } from './locations.ts';
import type { Registry } from './registry.ts';
import type { ArmCall } from './types.ts';

/** API versions from a text that has them one after the other. */
export function versions(text: string): string[] {
  return text.trim().split(/\s+/);
}

/**
 * Any published version is taken: what this world shows does not depend on it.
 * @throws ArmError 400 InvalidApiVersionParameter (ARM's own paths, and what is no version at all),
 * NoRegisteredProviderFound (a provider's)
 */
export function checkVersion(registry: Registry, call: ArmCall): void {
  const { path, apiVersion } = call;
  const known = registry.versions(path.type);
  if (known?.includes(apiVersion.toLowerCase())) return;
  const isVersion = /^\d{4}-\d{2}-\d{2}(-[a-z]+(\.\d+)?)?$/i.test(apiVersion);
  const own = registry.provider('Microsoft.Resources')!.apiVersions!;
  if (!isVersion || known === own) throw invalidApiVersion(apiVersion, own);
  if (!known) return;
  const { location } = { ...call.world.store.get(path.id), ...(call.body as { location?: unknown } | undefined) };
  throw noRegisteredProvider({
    type: path.type,
    location: typeof location === 'string' ? location : '',
    version: apiVersion,
    versions: known,
    locations: locationNames(),
  });
}
