import { z } from 'zod';
import { faultPoints, type FaultPoint } from '../core/faultPoints.ts';
import type { Fault } from '../core/faults.ts';
import { object } from './object.ts';

/** What happens to a request: of these, one at most. */
const effects = ['drop', 'answer', 'throttle', 'lost', 'truncate', 'duplicate'] as const;
const ofRequests = ['caller', 'host', 'method', 'path', 'delayMs', ...effects] as const;
const ofPoints = ['where', 'error'] as const;

const points = Object.keys(faultPoints) as [FaultPoint, ...FaultPoint[]];

const fields = object({
  caller: z.string().optional(),
  host: z.string().optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  after: z.int().min(0).optional(),
  times: z.int().min(1).optional(),
  every: z.int().min(1).optional(),
  probability: z.number().min(0).max(1).optional(),
  seed: z.int().optional(),
  delayMs: z.number().min(0).optional(),
  drop: z.literal(true).optional(),
  answer: object({
    status: z.int().min(200).max(599),
    body: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }).optional(),
  throttle: object({
    status: z.literal([429, 503]).optional(),
    retryAfterSeconds: z.int().min(0),
  }).optional(),
  lost: z.literal(true).optional(),
  truncate: z.int().min(0).optional(),
  duplicate: z.literal(true).optional(),
  kill: z
    .string()
    .regex(/^(caller$|functions:.|vm:.)/, 'must be caller, functions:<site>, vm:<VM id> or vm:<resource id>')
    .optional(),
  point: z.enum(points).optional(),
  where: z.record(z.string(), z.string()).optional(),
  error: object({
    status: z.int().min(400).max(599).optional(),
    code: z.string(),
    message: z.string(),
  }).optional(),
});

/** One scripted fault as a scenario writes it; see `core/faults.ts` for what the fields mean. */
export const fault = fields
  .superRefine((given, context) => {
    const have = (names: readonly (keyof typeof given)[]) => names.filter((name) => given[name] !== undefined);
    const refuse = (name: keyof typeof given, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    if (given.point !== undefined) {
      for (const name of have(ofRequests))
        refuse(name, 'is for requests; a fault with `point` happens inside a service');
      return;
    }
    for (const name of have(ofPoints)) refuse(name, 'goes with `point` only');
    const [first, second] = have(effects);
    if (second !== undefined) refuse(second, `cannot be together with ${first}: one request has one fate`);
    if (first === undefined && given.delayMs === undefined && given.kill === undefined) {
      context.addIssue({
        code: 'custom',
        message: `says nothing to happen: name one of ${effects.join(', ')}, delayMs, kill or point`,
      });
    }
  })
  .transform((given) => given as Fault);

export const faults = z.array(fault);
