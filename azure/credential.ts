import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';

export type { TokenCredential } from '@azure/identity';

/** The user-assigned managed identity with that client id: of a worker's machine, or of the Functions app. */
export function managedIdentity(clientId: string): TokenCredential {
  return new ManagedIdentityCredential({ clientId });
}

/** Whoever is signed in where the command line runs: environment variables, a managed identity, `az login`. */
export function signedIn(): TokenCredential {
  return new DefaultAzureCredential();
}
