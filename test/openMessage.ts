import type { z } from 'zod';
import { openEnvelope, understood, type Direction, type Envelope } from '../model/messages.ts';

/** Opens and validates an envelope, as its receiver does. @throws MESSAGE_REJECTED */
export function openMessage<T>(key: Uint8Array, envelope: Envelope, direction: Direction, schema: z.ZodType<T>): T {
  return understood(envelope, openEnvelope(key, envelope, direction), schema);
}
