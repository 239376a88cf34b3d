import { appendFileSync } from 'node:fs';
import { app } from '@azure/functions';

app.timer('nightly', {
  schedule: '0 0 3 * * *',
  handler: (timer) => appendFileSync(process.env.TICKS_FILE!, `past due: ${timer.isPastDue}\n`),
});
