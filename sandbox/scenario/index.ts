export { applyScenario } from './apply.ts';
export { randomBytesOf } from './content.ts';
export { faults as faultList } from './faultSchema.ts';
export { parseMove } from './object.ts';
export { readFaults, readScenario, scenario, ScenarioError, type Read } from './read.ts';
export type { Scenario } from './schema.ts';
