import { sqlError } from '../errors.ts';
import type { Json } from '../parts.ts';

const GIB = 1024 ** 3;

export interface Sku {
  name: string;
  tier: string;
  family?: string;
  capacity: number;
}

/** A service objective: what a database costs and may hold. Sizes in bytes. */
export interface Objective {
  /** `S0`, `GP_Gen5_2`, `ElasticPool`, … */
  name: string;
  sku: Sku;
  /** When nothing is asked. */
  maxSizeBytes: number;
  largestBytes: number;
}

/** DTUs of the DTU model's objectives (Resource limits of the DTU purchasing model). */
const DTUS: Record<string, number> = {
  Basic: 5,
  ...{ S0: 10, S1: 20, S2: 50, S3: 100, S4: 200, S6: 400, S7: 800, S9: 1600, S12: 3000 },
  ...{ P1: 125, P2: 250, P4: 500, P6: 1000, P11: 1750, P15: 4000 },
};
const TIERS: Record<string, string> = { GP: 'GeneralPurpose', BC: 'BusinessCritical', HS: 'Hyperscale' };
const VCORES = [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 32, 40, 80];

/**
 * The objective that a `sku` names, in any of the ways that Azure takes: `GP_Gen5_2`, or `GP_Gen5` with a capacity; `S0`,
 * or `Standard` with a capacity in DTUs.
 * @throws ArmError 400 InvalidSku
 */
export function objectiveOf(asked: Json): Objective {
  const name = String(asked['name'] ?? '');
  const capacity = asked['capacity'] === undefined ? undefined : Number(asked['capacity']);
  const found = dtu(name, capacity) ?? vCore(name, capacity);
  if (!found)
    throw sqlError(
      400,
      'InvalidSku',
      `The user specified an invalid sku: '${name}'${capacity ? ` with capacity ${capacity}` : ''}.`,
    );
  return found;
}

function dtu(name: string, capacity: number | undefined): Objective | undefined {
  const letter = { basic: 'B', standard: 'S', premium: 'P' }[name.toLowerCase()];
  const objective = letter
    ? Object.keys(DTUS).find((key) => key[0] === letter && DTUS[key] === (capacity ?? { B: 5, S: 10, P: 125 }[letter]))
    : Object.keys(DTUS).find((key) => key.toLowerCase() === name.toLowerCase());
  if (!objective) return undefined;
  const tier = { B: 'Basic', S: 'Standard', P: 'Premium' }[objective[0]!]!;
  const dtus = DTUS[objective]!;
  const [standard, largest] =
    tier === 'Basic'
      ? [2, 2]
      : tier === 'Standard'
        ? [250, dtus >= 100 ? 1024 : 250]
        : [500, dtus >= 1750 ? 4096 : 1024];
  const sku = { name: tier, tier, capacity: dtus };
  return { name: objective, sku, maxSizeBytes: standard! * GIB, largestBytes: largest! * GIB };
}

function vCore(name: string, capacity: number | undefined): Objective | undefined {
  const match = /^(GP|BC|HS)(_S)?_(Gen5|Fsv2|DC|PRMS|MOPRMS)(?:_(\d+))?$/i.exec(name);
  if (!match) return undefined;
  const [, letters, serverless, family, written] = match as unknown as [string, string, string?, string?, string?];
  const cores = Number(written ?? capacity ?? 2);
  const known = VCORES.includes(cores) || (serverless && cores === 1);
  if (!known || (written && capacity && capacity !== cores)) return undefined;
  const tier = TIERS[letters.toUpperCase()]!;
  const prefix = `${letters.toUpperCase()}${serverless ? '_S' : ''}_${family}`;
  const largestGib = tier === 'Hyperscale' ? 128 * 1024 : cores >= 8 ? 4096 : cores >= 4 ? 2048 : 1024;
  return {
    name: `${prefix}_${cores}`,
    sku: { name: prefix, tier, ...(family && { family }), capacity: cores },
    maxSizeBytes: (tier === 'Hyperscale' ? largestGib : 32) * GIB,
    largestBytes: largestGib * GIB,
  };
}

/** A database in a pool has the pool's tier and no capacity of its own. */
export function pooledObjective(pool: Json): Objective {
  const tier = String((pool['sku'] as Json | undefined)?.['tier'] ?? 'Standard');
  return {
    name: 'ElasticPool',
    sku: { name: 'ElasticPool', tier, capacity: 0 },
    maxSizeBytes: 32 * GIB,
    largestBytes: 4096 * GIB,
  };
}
