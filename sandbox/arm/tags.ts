import { ArmError } from './types.ts';

/** Limits of tags on resources and groups ("Use tags to organize your Azure resources", limitations). */
const MOST_TAGS = 50;
const LONGEST_NAME = 512;
const LONGEST_VALUE = 256;

/** Types with limits of their own (same page). */
const special: Record<string, { most?: number; longestName?: number }> = {
  'microsoft.network/privatednszones': { most: 15 },
  'microsoft.network/privatednszones/virtualnetworklinks': { most: 15 },
  'microsoft.storage/storageaccounts': { longestName: 128 },
};

/**
 * @throws ArmError 400 InvalidTags, TooManyTags (these two codes are not documented), InvalidTagName,
 * InvalidTagNameCharacters, InvalidTagValueLength
 */
export function checkTags(tags: unknown, type = ''): void {
  const { most = MOST_TAGS, longestName = LONGEST_NAME } = special[type.toLowerCase()] ?? {};
  if (tags === undefined || tags === null) return;
  if (typeof tags !== 'object' || Array.isArray(tags)) throw invalid('InvalidTags', 'Tags are an object of strings.');
  const entries = Object.entries(tags);
  if (entries.length > most) {
    throw invalid('TooManyTags', `The resource has ${entries.length} tags. The maximum is ${most}.`);
  }
  for (const [name, value] of entries) {
    if (name.length > longestName) {
      throw invalid(
        'InvalidTagName',
        `Tag key too large. Following tag name '${name}' exceeded the maximum length. Maximum allowed length for tag name - '${longestName}' characters.`,
      );
    }
    if (reserved(name)) {
      throw invalid(
        'InvalidTagNameCharacters',
        `The tag names '${name}' have reserved characters '<,>,%,&,\\,?,/' or control characters.`,
      );
    }
    if (typeof value !== 'string') throw invalid('InvalidTags', `The value of tag '${name}' is no string.`);
    if (value.length > LONGEST_VALUE) {
      throw invalid(
        'InvalidTagValueLength',
        `Tag value too large. Following tag value '${value}' exceeded the maximum length. Maximum allowed length for tag value - '${LONGEST_VALUE}' characters.`,
      );
    }
  }
}

/** Tags that the platform itself sets on resources (`hidden-link:…`) may have any characters. */
function reserved(name: string): boolean {
  return !/^hidden-/i.test(name) && /[<>%&\\?/]|\p{Cc}/u.test(name);
}

function invalid(code: string, message: string): ArmError {
  return new ArmError(400, code, message);
}
