import { app } from '@azure/functions';

app.eventHub('hub', { eventHubName: 'x', connection: 'y', handler: () => undefined });
