import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { StrongroomError } from '../model/errors.ts';

export type { TokenCredential } from '@azure/identity';

/** The user-assigned managed identity with that client id: of a worker's machine, or of the Functions app. */
export function managedIdentity(clientId: string): TokenCredential {
  return new ManagedIdentityCredential({ clientId });
}

/**
 * Whoever is signed in where the command line runs: environment variables, a managed identity, `az login`.
 * Its errors are AZURE_REFUSED.
 */
export function signedIn(): TokenCredential {
  const credential = new DefaultAzureCredential();
  return {
    async getToken(scopes, options) {
      try {
        return await credential.getToken(scopes, options);
      } catch (cause) {
        throw new StrongroomError(
          'AZURE_REFUSED',
          'Nobody is signed in to Azure here: run "az login", set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, ' +
            'or work on a machine with a managed identity.',
          { cause },
        );
      }
    },
  };
}
