import { appendFileSync } from 'node:fs';
import { app } from '@azure/functions';

app.storageQueue('orders', {
  queueName: '%ORDERS_QUEUE%',
  connection: 'Orders',
  handler: (item, context) => {
    const { dequeueCount } = context.triggerMetadata as { dequeueCount: number };
    appendFileSync(process.env.ORDERS_FILE!, `${JSON.stringify({ item, dequeueCount })}\n`);
    if ((item as { fail?: boolean }).fail) throw new Error('cannot do that');
  },
});
