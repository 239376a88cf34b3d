import { evaluate, type Functions } from './evaluate.ts';
import { TemplateError } from './expression.ts';

/** A parameter as a template declares it. */
export interface ParameterDefinition {
  type: string;
  defaultValue?: unknown;
  allowedValues?: unknown[];
  minLength?: number;
  maxLength?: number;
  minValue?: number;
  maxValue?: number;
}

/** `{value}` for each parameter, as a deployment sends them. */
export type GivenParameters = Record<string, { value?: unknown; reference?: unknown }>;

const isSecure = ({ type }: ParameterDefinition) => /^secure(string|object)$/i.test(type);

function isOfType(type: string, value: unknown): boolean {
  switch (type.toLowerCase().replace('secure', '')) {
    case 'string':
      return typeof value === 'string';
    case 'int':
      return Number.isInteger(value);
    case 'bool':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && !Array.isArray(value);
    default:
      return false;
  }
}

function check(name: string, definition: ParameterDefinition, value: unknown): void {
  const { type, allowedValues, minLength, maxLength, minValue, maxValue } = definition;
  const refuse = (why: string) => new TemplateError(`The provided value for the template parameter '${name}' ${why}`);
  if (value === null || !isOfType(type, value)) throw refuse(`is not valid: expected a value of type '${type}'.`);
  const allowed = !allowedValues || [value].flat().every((one) => allowedValues.includes(one));
  if (!allowed) {
    throw refuse(
      `is not valid. The value '${isSecure(definition) ? '***' : String(value)}' is not part of the allowed value(s): ` +
        `'${allowedValues.join(',')}'.`,
    );
  }
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : undefined;
  if (size !== undefined && (size < (minLength ?? 0) || size > (maxLength ?? Infinity))) {
    throw refuse(`has length ${size}, which is not within ${minLength ?? 0} and ${maxLength ?? 'any'}.`);
  }
  if (typeof value === 'number' && (value < (minValue ?? -Infinity) || value > (maxValue ?? Infinity))) {
    throw refuse(`is ${value}, which is not within ${minValue ?? 'any'} and ${maxValue ?? 'any'}.`);
  }
}

/**
 * The values of a template's parameters, defaults evaluated.
 * @param functions what default values may call
 * @throws TemplateError for one that is missing, unknown or not valid
 */
export function parameterValues(
  definitions: Record<string, ParameterDefinition>,
  given: GivenParameters,
  functions: Functions,
): Map<string, unknown> {
  const known = new Map(Object.entries(definitions).map(([name, definition]) => [name.toLowerCase(), definition]));
  for (const [name, { reference }] of Object.entries(given)) {
    if (!known.has(name.toLowerCase())) {
      throw new TemplateError(
        `The template parameter '${name}' is not found in the template. Please see ` +
          'https://aka.ms/arm-pass-parameter-values for usage details.',
      );
    }
    if (reference !== undefined) {
      throw new TemplateError(`The parameter '${name}' refers to a key vault, which this local Azure does not follow.`);
    }
  }
  const sent = new Map(Object.entries(given).map(([name, { value }]) => [name.toLowerCase(), value]));
  const values = new Map<string, unknown>();
  const parameters = (name: unknown) => valueOf(String(name).toLowerCase());

  function valueOf(name: string): unknown {
    const definition = known.get(name);
    if (!definition) throw new TemplateError(`The template parameter '${name}' is not found.`);
    if (values.has(name)) return values.get(name);
    const value = sent.get(name) ?? evaluate(definition.defaultValue, { ...functions, parameters });
    if (value === undefined) {
      throw new TemplateError(
        `The value for the template parameter '${name}' is not provided. Please see ` +
          'https://aka.ms/arm-pass-parameter-values for usage details.',
      );
    }
    check(name, definition, value);
    values.set(name, value);
    return value;
  }

  for (const name of known.keys()) valueOf(name);
  return values;
}

/** The parameters as a deployment shows them afterwards, in their published form: secure ones without a value. */
export function shownParameters(
  definitions: Record<string, ParameterDefinition>,
  values: Map<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [
      name,
      isSecure(definition) ? {} : { value: values.get(name.toLowerCase()) },
    ]),
  );
}
