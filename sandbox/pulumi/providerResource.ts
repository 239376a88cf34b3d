import type { Inputs } from './operation.ts';

/** Inputs of an azure-native provider that mean nothing here, or what they always are here. */
const harmless = ['environment', 'tenantId', 'partnerId', 'disablePulumiPartnerId', 'subscriptionId'];

/** The subscription of an explicit provider. @throws Error for other providers, and for settings that are not honoured */
export function subscriptionOfProvider(type: string, inputs: Inputs, fallback: string): string {
  if (type !== 'pulumi:providers:azure-native') throw new Error('only providers of azure-native are supported.');
  const unsupported = Object.keys(inputs).filter((key) => inputs[key] !== undefined && !harmless.includes(key));
  if (unsupported.length > 0) throw new Error(`provider setting ${unsupported.join(', ')} is not supported.`);
  return typeof inputs.subscriptionId === 'string' ? inputs.subscriptionId : fallback;
}
