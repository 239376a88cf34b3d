/** One evaluation of the Pulumi program in a thread of its own: Pulumi's runtime takes no second one in the same. */
import { parentPort, workerData } from 'node:worker_threads';
import { declaredWith } from '../declared.ts';

const { config, stack } = workerData as { config: Record<string, string>; stack: string };
try {
  const { resources } = await declaredWith(config, stack);
  // Plain data only: what passes between threads is cloned.
  parentPort!.postMessage({ resources: JSON.parse(JSON.stringify(resources)) as unknown });
} catch (error) {
  const { message, code } = error as { message: string; code?: string };
  parentPort!.postMessage({ error: { message, code } });
}
