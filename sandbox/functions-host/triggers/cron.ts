import { Cron } from 'croner';

/** @returns the first time after a given one, both in milliseconds, in UTC */
export type Schedule = (after: number) => number;

/** What NCRONTAB has of cron: numbers, names, `*`, ranges, steps and lists; no `L`, `W`, `#`, `?`, nicknames or years. */
const FIELD = /^(?:\d+|[a-z]{3}|\*|[,/-])+$/i;

/**
 * An NCRONTAB expression of six fields, or of five without the seconds. A day must fit both the day of the month and
 * the day of the week.
 * @throws Error when it is malformed or never occurs
 */
export function parseCron(text: string): Schedule {
  const fields = text.trim().split(/\s+/);
  const wrong = (why: string) => new Error(`The schedule expression '${text}' was not recognized: ${why}.`);
  if (fields.length !== 5 && fields.length !== 6) throw wrong('it needs six fields, or five without the seconds');
  const strange = fields.find((field) => !FIELD.test(field));
  if (strange !== undefined) throw wrong(`'${strange}' is no field of NCRONTAB`);
  const cron = open(fields, wrong);
  return (after) => {
    const next = cron.nextRun(new Date(after));
    if (!next) throw wrong('it never occurs');
    return next.getTime();
  };
}

function open(fields: string[], wrong: (why: string) => Error): Cron {
  try {
    return new Cron(fields.join(' '), { timezone: 'Etc/UTC', domAndDow: true, sloppyRanges: true, paused: true });
  } catch (error) {
    throw wrong((error as Error).message.replace(/^CronPattern: /, ''));
  }
}
