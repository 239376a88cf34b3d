import { ArmError } from './types.ts';

/** Limits of tags on resources and groups ("Use tags to organize your Azure resources", limitations). */
const MOST_TAGS = 50;
const LONGEST_NAME = 512;
const LONGEST_VALUE = 256;

/**
 * @throws ArmError 400 InvalidTags, TooManyTags (these two codes are not documented), InvalidTagName,
 * InvalidTagNameCharacters, InvalidTagValueLength
 */
export function checkTags(tags: unknown): void {
  if (tags === undefined || tags === null) return;
  if (typeof tags !== 'object' || Array.isArray(tags)) throw invalid('InvalidTags', 'Tags are an object of strings.');
  const entries = Object.entries(tags);
  if (entries.length > MOST_TAGS) {
    throw invalid('TooManyTags', `The resource has ${entries.length} tags. The maximum is ${MOST_TAGS}.`);
  }
  for (const [name, value] of entries) {
    if (name.length > LONGEST_NAME) {
      throw invalid(
        'InvalidTagName',
        `Tag key too large. Following tag name '${name}' exceeded the maximum length. Maximum allowed length for tag name - '${LONGEST_NAME}' characters.`,
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
