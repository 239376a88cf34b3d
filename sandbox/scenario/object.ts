import { z } from 'zod';

/** An object that says of an unknown key which keys it knows. */
export function object<T extends z.core.$ZodLooseShape>(shape: T) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `is unknown here; known are ${known}` : undefined),
  });
}

const units: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** A number of bytes, or a text such as `160 MiB`. */
export const bytes = z.union([z.int().min(0), z.string()]).transform((value, context) => {
  if (typeof value === 'number') return value;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB|TiB)$/.exec(value) ?? [];
  if (amount === undefined) {
    context.addIssue(`must be a number of bytes, or one with B, KiB, MiB, GiB or TiB; not "${value}"`);
    return z.NEVER;
  }
  return Math.round(Number(amount) * units[unit!]!);
});

const spans: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How the clock is to be moved: to a time (ISO 8601), or on by a span: `+26h`, `+90m`, `+1d12h`. */
export type Move = { to: string } | { byMs: number };

/** @throws RangeError when the text is neither */
export function parseMove(text: string): Move {
  if (/^\+(\d+(\.\d+)?[smhd])+$/.test(text)) {
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
    return { byMs: parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * spans[unit!]!, 0) };
  }
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return { to: text };
  throw new RangeError(
    `"${text}" is neither a time such as 2027-03-01T12:00:00Z nor a span such as +26h, +90m or +1d12h`,
  );
}

/** A {@link Move} as text. */
export const move = z.string().transform((text, context) => {
  try {
    return parseMove(text);
  } catch (error) {
    context.addIssue((error as Error).message);
    return z.NEVER;
  }
});
