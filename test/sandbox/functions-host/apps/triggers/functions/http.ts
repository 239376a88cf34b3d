import { app, type HttpRequest } from '@azure/functions';

app.http('echo', {
  route: 'echo/{id:int}/{name?}',
  methods: ['GET', 'POST', 'PUT'],
  handler: async (request: HttpRequest, context) => {
    context.log('echo called');
    return {
      status: 201,
      headers: { 'x-answer': 'yes' },
      cookies: [{ name: 'c', value: 'v', httpOnly: true }],
      jsonBody: {
        url: request.url,
        params: request.params,
        query: Object.fromEntries(request.query),
        body: await request.text(),
        user: request.user?.id ?? null,
        principal: request.headers.get('x-ms-client-principal'),
        token: request.headers.get('x-ms-token-aad-access-token'),
        authorization: request.headers.has('authorization'),
      },
    };
  },
});
app.http('special', { route: 'echo/special', handler: () => ({ body: 'literal wins' }) });
app.http('files', { route: 'files/{*path}', handler: (request) => ({ body: request.params.path! }) });
app.http('keyed', { authLevel: 'function', handler: () => ({ body: 'keyed' }) });
app.http('master', { authLevel: 'admin', route: 'master', handler: () => ({ body: 'master' }) });
app.http('nothing', { handler: () => undefined as never });
app.http('large', { handler: async (request) => ({ body: new Uint8Array(await request.arrayBuffer()).reverse() }) });
app.http('throws', {
  handler: () => {
    throw new Error('secret detail');
  },
});
app.http('slow', { handler: () => new Promise<never>(() => undefined) });

app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName === 'hooked') context.inputs = ['from the hook'];
});
app.http('hooked', { handler: (input: unknown) => ({ body: String(input) }) });
