/** The policy pack: `pulumi up --policy-pack policy` in infra/, or `pulumi preview`. */
import { PolicyPack } from '@pulumi/policy';
import { rules } from './rules/index.ts';

new PolicyPack('strongroom', {
  description: 'Private by default: no public way in, no keys, no deletion by accident.',
  policies: rules.map(({ name, description, settings, check }) => ({
    name,
    description,
    enforcementLevel: 'mandatory',
    ...(settings && { configSchema: { properties: settings } }),
    validateResource: ({ type, name: resource, props, getConfig }, report) => {
      for (const violation of check({ type, name: resource, inputs: props }, getConfig())) report(violation);
    },
  })),
});
