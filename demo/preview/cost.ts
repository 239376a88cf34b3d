/**
 * What a resource costs, as a class: prices differ by region and contract, and change (Azure's pricing pages and calculator
 * have them). `fixed`: by the hour for as long as it exists. `by use`: by what is stored, moved or run. `low`: some cents a
 * month, however many.
 */
export const costClasses = ['fixed', 'by use', 'low', 'none'] as const;
export type CostClass = (typeof costClasses)[number];

const byType: Record<string, CostClass> = {
  'applicationinsights:Component': 'by use',
  'keyvault:Vault': 'by use',
  'network:NatGateway': 'fixed',
  'network:PrivateEndpoint': 'fixed',
  'network:PublicIPAddress': 'fixed',
  'operationalinsights:Workspace': 'by use',
  'privatedns:PrivateZone': 'low',
  'storage:StorageAccount': 'by use',
};

/** The class of a resource; `none` for what is free, or paid for with another (containers with their account). */
export function costOf(type: string, inputs: Record<string, unknown>): CostClass {
  if (type === 'azure-native:web:WebApp') return alwaysReady(inputs) > 0 ? 'fixed' : 'by use';
  return byType[type.replace(/^azure-native:/, '')] ?? 'none';
}

/** Instances of a Flex Consumption app that are kept running. */
export function alwaysReady({ functionAppConfig }: Record<string, unknown>): number {
  const { scaleAndConcurrency } = (functionAppConfig ?? {}) as {
    scaleAndConcurrency?: { alwaysReady?: { instanceCount?: number }[] };
  };
  return (scaleAndConcurrency?.alwaysReady ?? []).reduce((sum, { instanceCount = 0 }) => sum + instanceCount, 0);
}
