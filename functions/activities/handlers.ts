import type { ActivityInput, ActivityName, ActivityOutput } from '../../model/activities.ts';

/** What an activity does. Throws StrongroomError; the registration turns that into an outcome. */
export type Handler<K extends ActivityName> = (input: ActivityInput<K>) => Promise<ActivityOutput<K>>;
export type Handlers<K extends ActivityName = ActivityName> = { [Name in K]: Handler<Name> };
