import { z } from 'zod';

/** Tags of a private DNS zone or link, which takes the fewest (Azure: "Use tags to organize your Azure resources"). */
const MOST_TAGS = 15;
/** Says of a storage account what it is for: the tagged account of a site has it, no other account. */
export const roleTag = { 'strongroom-role': 'workers' };
/** What the appliance itself made; what the Pulumi program declares lacks it. */
export const runTimeTag = { 'strongroom-created': 'run-time' };

/** Names of tags of the appliance's own. */
const OWN_TAGS = ['strongroom', 'strongroom-site', ...Object.keys(roleTag), ...Object.keys(runTimeTag)];
/** Names begin with none of these. */
const RESERVED = /^(microsoft|azure|windows)/i;

/**
 * Tags of the customer's for everything that is made. The limits are those of the strictest resource: storage accounts
 * take names of 128 characters, private DNS zones 15 tags, some of which are the appliance's own.
 */
export const extraTags = z.record(z.string(), z.string()).superRefine((tags, context) => {
  const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  const names = Object.keys(tags);
  const most = MOST_TAGS - OWN_TAGS.length;
  if (names.length > most) fault([], `are ${names.length}; at most ${most}, because a private DNS zone takes no more`);
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(tags)) {
    const key = name.toLowerCase();
    if (seen.has(key)) fault([name], 'is there twice: names of tags are compared without case');
    seen.add(key);
    if (key.startsWith('strongroom')) fault([name], 'is a name of the appliance’s own; choose another');
    if (RESERVED.test(name)) fault([name], 'begins with a word that Azure keeps for itself; choose another name');
    if (name.length < 1 || name.length > 128) fault([name], 'must have a name of 1 to 128 characters');
    if (/[<>%&\\?/]/.test(name)) fault([name], 'must have a name without < > % & \\ ? /');
    if (value.length > 256) fault([name], 'must have a value of 256 characters at most');
  }
});
