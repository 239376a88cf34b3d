import { SqlManagementClient } from '@azure/arm-sql';
import type { State } from '../../../sandbox/core/state.ts';
import { createSql, type Sql } from '../../../sandbox/sql/index.ts';
import { credential, inGroup, startWorld, subscriptionId, type TestWorld } from '../arm/world.ts';

export interface SqlWorld extends TestWorld {
  sql: Sql;
  sdk: TestWorld['sdk'];
  client: SqlManagementClient;
  /** Moves the world's clock. */
  wait(seconds: number): void;
}

export const LOCATION = 'westeurope';
export const API = '2023-08-01';
/** Path of something of Microsoft.Sql in the group, with the API version. */
export const sqlPath = (path: string, version = API) =>
  `${inGroup(`/providers/Microsoft.Sql/${path}`)}${path.includes('?') ? '&' : '?'}api-version=${version}`;
export const sqlId = (path: string) => inGroup(`/providers/Microsoft.Sql/${path}`);

export const entra = {
  administratorType: 'ActiveDirectory',
  principalType: 'Group',
  login: 'dba',
  sid: '99999999-9999-4999-8999-999999999999',
  azureADOnlyAuthentication: true,
};

/** ARM with Microsoft.Sql and a group, and the real SDK client. */
export async function startSqlWorld(state?: State): Promise<SqlWorld> {
  const world = await startWorld(state ? { state } : {});
  const sql = createSql(world.arm.world);
  world.arm.register(sql.provider);
  await world.call('PUT', inGroup(''), { location: LOCATION });
  const client = new SqlManagementClient(credential, subscriptionId, world.sdk);
  return { ...world, sql, client, wait: (seconds) => world.arm.world.clock.advance(seconds * 1000) };
}

/** `400 InvalidSku`, or the status alone. */
export function said({ status, body }: { status: number; body?: { error?: { code: string } } }): string {
  return body?.error ? `${status} ${body.error.code}` : String(status);
}
