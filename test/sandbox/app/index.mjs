// A small Durable app: POST /api/start?name=x starts an orchestration, whose id comes back.
import { app } from '@azure/functions';
import * as df from 'durable-functions';

df.app.orchestration('greet', function* (context) {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 100));
  return `hello ${context.df.getInput()}`;
});
app.http('start', {
  methods: ['POST'],
  authLevel: 'anonymous',
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const id = await client.startNew('greet', { input: request.query.get('name') });
    const status = await client.waitForCompletionOrCreateCheckStatusResponse(request, id, {
      timeoutInMilliseconds: 10_000,
    });
    return { jsonBody: { id, status: status.status } };
  },
});
app.http('output', {
  methods: ['GET'],
  authLevel: 'anonymous',
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const status = await df.getClient(context).getStatus(request.query.get('id'));
    return { jsonBody: { output: status?.output, greeting: process.env.GREETING, version: 1 } };
  },
});
