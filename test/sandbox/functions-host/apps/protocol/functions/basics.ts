import { appendFileSync, existsSync } from 'node:fs';
import { app } from '@azure/functions';
import * as df from 'durable-functions';

df.app.activity('echo', { handler: (input: unknown) => input });
df.app.activity('boom', {
  handler: (text: string) => {
    throw new Error(text);
  },
});
/** Notes each of its runs in a file. */
df.app.activity('note', {
  handler: ({ file, line }: { file: string; line: string }) => {
    appendFileSync(file, `${line}\n`);
    return line;
  },
});
/** Fails until the file is there. */
df.app.activity('needs', {
  handler: (file: string) => {
    if (!existsSync(file)) throw new Error(`${file} is not there`);
    return 'there';
  },
});
/** Returns when the file is there. */
df.app.activity('gate', {
  handler: async (file: string) => {
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10));
    return 'open';
  },
});

app.http('start', {
  route: 'start/{name}',
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const { id, input } = (await request.json()) as { id?: string; input?: unknown };
    const instanceId = await client.startNew(request.params.name!, { ...(id ? { instanceId: id } : {}), input });
    return client.createCheckStatusResponse(request, instanceId);
  },
});
/** What durable-functions' client makes of a status. */
app.http('clientStatus', {
  route: 'clientStatus/{id}',
  methods: ['GET'],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const one = await client.getStatus(request.params.id!, { showHistory: true });
    const all = await client.getStatusBy({ createdTimeFrom: new Date(0), runtimeStatus: [] });
    return {
      jsonBody: {
        history: String(one.history),
        createdTime: one.createdTime instanceof Date,
        listedCreatedTime: typeof all[0]!.createdTime,
      },
    };
  },
});
