const MASK = '***';

/** Fields that hold nothing but a secret, by their names in lower case. */
const secretFields = new Set([
  'accesstoken',
  'access_token',
  'adminpassword',
  'administratorloginpassword',
  'connectionstring',
  'customdata',
  'password',
  'primaryconnectionstring',
  'primarykey',
  'masterkey',
  'publishingpassword',
  'sastoken',
  'accountsastoken',
  'servicesastoken',
  'secondaryconnectionstring',
  'secondarykey',
  'sharedkey',
  'storageaccountkey',
  'storagekey',
  'userdata',
]);
/** Lists of `{name, value}` whose values are secret. */
const secretLists = new Set(['protectedparameters', 'keys']);
/** Maps from a name to a secret (a site's `listkeys`). */
const secretMaps = new Set(['functionkeys', 'systemkeys']);

/** A copy of a JSON body without secrets. Shapes and types stay: what was a string is a string. */
export function maskBody(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(maskBody);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, maskField(name.toLowerCase(), field)]));
}

/** A URL without signatures and codes in its query. */
export function maskUrl(url: string): string {
  return maskText(url);
}

function maskField(name: string, field: unknown): unknown {
  if (typeof field === 'string' && secretFields.has(name)) return MASK;
  if (typeof field === 'string' && name.endsWith('accesssas')) return field.replace(/\?.*$/s, `?${MASK}`);
  if (Array.isArray(field) && secretLists.has(name)) return field.map(maskValue);
  if (field !== null && typeof field === 'object' && secretMaps.has(name)) {
    return Object.fromEntries(Object.keys(field).map((key) => [key, MASK]));
  }
  return maskBody(field);
}

function maskValue(item: unknown): unknown {
  if (item === null || typeof item !== 'object' || !('value' in item)) return maskBody(item);
  return { ...item, value: MASK };
}

/** Secrets inside longer texts: a SAS's signature, an account key in a connection string, a function key. */
function maskText(text: string): string {
  return text
    .replace(/\b(sig=)[^&\s"';]+/gi, `$1${MASK}`)
    .replace(/\b((?:Account|SharedAccess)Key=)[^;\s"']+/gi, `$1${MASK}`)
    .replace(/([?&]code=)[^&\s"']+/gi, `$1${MASK}`)
    .replace(/\b(Bearer\s+)[\w-]+\.[\w-]+\.[\w-]+/gi, `$1${MASK}`);
}
