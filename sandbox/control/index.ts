export { control } from './client.ts';
export { isAlive } from '../core/alive.ts';
export { openRegister, type Register, type Running } from './running.ts';
export { createControl } from './service.ts';
export type { Status } from './status.ts';
