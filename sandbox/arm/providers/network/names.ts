import { ArmError, type ResourceType } from '../../types.ts';

function refuse(name: string, longest: number): ArmError {
  return new ArmError(
    400,
    'InvalidResourceName',
    `Resource name ${name} is invalid. The name can be up to ${longest} characters long. It must begin with a word ` +
      "character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.",
    { details: { details: [] } },
  );
}

function upTo(longest: number): NonNullable<ResourceType['nameRule']> {
  return {
    pattern: new RegExp(`^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,${longest - 2}}[a-zA-Z0-9_])?$`),
    refuse: (name) => refuse(name, longest),
  };
}

/** Names of most things in Microsoft.Network (resource-name-rules). */
export const nameRule = upTo(80);
/** Names of virtual networks and private endpoints. */
export const shortNameRule = upTo(64);

/** The names of private zones: labels of letters, digits, hyphens and underscores. */
export const zoneNameRule: NonNullable<ResourceType['nameRule']> = {
  pattern: /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)+$/i,
  refuse: (name) =>
    new ArmError(
      400,
      'BadRequest',
      `The domain name '${name}' is invalid. The provided record set relative name or zone name is not a domain name.`,
    ),
};
