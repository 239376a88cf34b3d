import type { Sandbox } from '../index.ts';
import type { Scenario } from './schema.ts';

/** Turns a running world's settings. What is not given stays. */
export function applySettings({ settings }: Sandbox, given: Scenario['settings']): void {
  const { pageSize, operations = {}, requestLimits = {} } = given;
  Object.assign(settings.arm, pageSize === undefined ? {} : { pageSize }, operations);
  Object.assign(settings.arm.limits, requestLimits);
  Object.assign(settings.access, given.access);
  Object.assign(settings.compute, given.compute);
  if (given.exportRate !== undefined) settings.compute.exportRate = given.exportRate;
}
