// node --import ./hook.ts child.ts FOLDER KEYS OPERATION: does one operation; the harness kills it.
import { openFolder, operate } from './operations.ts';
import type { Operation } from './operations.ts';

const [folder = '', keys = '[]', operation = ''] = process.argv.slice(2);
await operate(await openFolder(folder, JSON.parse(keys) as string[]), JSON.parse(operation) as Operation);
