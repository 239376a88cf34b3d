import { appendFileSync, existsSync } from 'node:fs';
import * as df from 'durable-functions';

df.app.activity('hang', {
  handler: async (file: string) => {
    for (;;) {
      appendFileSync(file, '.');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  },
});
df.app.activity('echo', { handler: (text: string) => text });

df.app.orchestration('hanging', function* (context) {
  try {
    yield context.df.callActivity('hang', context.df.getInput());
    return 'it came back';
  } catch (error) {
    return (yield context.df.callActivity('echo', (error as Error).message)) as string;
  }
});

/** Its first run ends the process by an error that nobody catches. */
df.app.activity('breaks', {
  handler: (file: string) => {
    const isFirst = !existsSync(file);
    appendFileSync(file, '.');
    if (!isFirst) return 'second run';
    setTimeout(() => {
      throw new Error('nobody catches this');
    }, 1);
    return new Promise<never>(() => undefined);
  },
});
df.app.orchestration('breaking', function* (context) {
  return yield context.df.callActivity('breaks', context.df.getInput());
});
