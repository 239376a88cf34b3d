import type { Context } from 'hono';
import type { ArmResource } from '../../arm/types.ts';
import type { Caller, Clock, Origin, Principal } from '../../core/types.ts';
import type { VaultGate } from '../access.ts';
import type { Vaults } from '../contents/vaults.ts';
import { badParameter, type ItemKind } from '../errors.ts';

/** What the routes share. */
export interface DataParts {
  vaults: Vaults;
  clock: Clock;
  gate: VaultGate;
}

/** What the service has found out before a route runs. */
export interface VaultEnv {
  Bindings: { caller: Caller; origin: Origin };
  Variables: { vault: ArmResource; principal: Principal };
}

export type VaultContext = Context<VaultEnv>;

export const plural = { key: 'keys', secret: 'secrets' } as const;

/**
 * Asks the gate for the key or secret in the path, for the vault where there is none.
 * @param dataAction what follows `Microsoft.KeyVault/vaults/`
 * @param permission as access policies name it
 * @throws VaultError 403
 */
export function allow(
  c: VaultContext,
  { gate }: DataParts,
  kind: ItemKind,
  dataAction: string,
  permission: string,
): void {
  const vault = c.get('vault');
  const name = c.req.param('name');
  const refusal = gate.access({
    vault,
    caller: c.env.caller,
    principal: c.get('principal'),
    dataAction: `Microsoft.KeyVault/vaults/${dataAction}`,
    permission: { kind: plural[kind], name: permission },
    scope: name === undefined ? vault.id : `${vault.id}/${plural[kind]}/${name}`,
  });
  if (refusal) throw refusal;
}

/** The body, a JSON object; empty when there is none. @throws VaultError 400 */
export async function bodyOf(c: VaultContext): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  if (text.trim() === '') return {};
  try {
    const body = JSON.parse(text) as unknown;
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // Falls to the same answer.
  }
  throw badParameter('The request body is not a valid JSON object.');
}

/** The name of a key or secret in the path. @throws VaultError 400 */
export function nameOf(c: VaultContext): string {
  const name = c.req.param('name') ?? '';
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) {
    throw badParameter(
      `The request URI contains an invalid name: ${name}. Names have 1 to 127 letters, digits and hyphens.`,
    );
  }
  return name;
}

const PAGE = 25;

/** One page of a list: at most 25 items, as the service gives them. @throws VaultError 400 */
export function page<T>(c: VaultContext, items: T[]): { value: T[]; nextLink: string | null } {
  const url = new URL(c.req.url);
  const size = Number(url.searchParams.get('maxresults') ?? PAGE);
  if (!Number.isInteger(size) || size < 1 || size > PAGE) throw badParameter(`maxresults must be 1 to ${PAGE}.`);
  const start = Number(Buffer.from(url.searchParams.get('$skiptoken') ?? 'MA', 'base64url').toString());
  if (!Number.isInteger(start)) throw badParameter('The $skiptoken is invalid.');
  const end = start + size;
  if (end >= items.length) return { value: items.slice(start), nextLink: null };
  url.protocol = 'https:';
  url.searchParams.set('$skiptoken', Buffer.from(String(end)).toString('base64url'));
  return { value: items.slice(start, end), nextLink: url.href };
}
