import { SqlManagementClient } from '@azure/arm-sql';
import type { Server } from '@azure/arm-sql';
import { inGroup, operation, poll } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function sql({ credential, subscriptionId, options }: Arm): Operations {
  const client = new SqlManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:sql:Server': operation(inGroup('Microsoft.Sql/servers/{serverName}'), {
      put: (at, body: Server) => client.servers.beginCreateOrUpdateAndWait(...at, body, poll),
      get: (at) => client.servers.get(...at),
      delete: (at) => client.servers.beginDeleteAndWait(...at, poll),
    }),
  };
}
