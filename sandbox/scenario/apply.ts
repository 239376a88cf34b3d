import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Sandbox } from '../index.ts';
import { createSteps, type Steps } from './steps.ts';
import { makeMachine } from './machines.ts';
import { ScenarioError, type Read } from './read.ts';
import type { Scenario } from './schema.ts';
import { applySettings } from './settings.ts';

/**
 * Makes a world what a scenario says. Settings, faults and applications hold for this run; the rest (clock, groups,
 * resources, machines) is how a world begins, so a reopened one keeps what it has. A start that was broken off goes on.
 * @param file the scenario's, which its paths are relative to; undefined: the working folder
 * @returns whether this was the beginning
 * @throws ScenarioError with the place of what ARM or the disks refuse
 */
export async function applyScenario(
  sandbox: Sandbox,
  { value, place }: Read<Scenario>,
  file?: string,
): Promise<boolean> {
  const { clock, faults, settings, applications, resourceGroups, resources, virtualMachines } = value;
  const folder = file === undefined ? process.cwd() : dirname(resolve(file));
  applySettings(sandbox, settings);
  const begun = sandbox.world.state.map<true>('scenario.begun');
  const isNew = !begun.has('wholly');
  const at = async (path: PropertyKey[], work: () => Promise<unknown>) => {
    await work().catch((error: Error) => {
      throw new ScenarioError(`${place(path)}: ${error.message}`);
    });
  };
  for (const [i, application] of applications.entries()) {
    await at(['applications', i], async () => {
      const { certificate: pem, roles, ...rest } = application;
      const certificate = pem === undefined ? undefined : await readFile(resolve(folder, pem), 'utf8');
      const to = sandbox.register({ ...rest, ...(certificate !== undefined && { certificate }) });
      for (const { role, scope } of roles) {
        sandbox.access.assign({ to, role, scope: scope?.replaceAll('{subscriptionId}', sandbox.subscriptionId) });
      }
    });
  }
  if (isNew) {
    const steps = createSteps(sandbox, value.location);
    if (clock && !begun.has('clock')) {
      if ('to' in clock) sandbox.clock.set(clock.to);
      else sandbox.clock.advance(clock.byMs);
      begun.set('clock', true);
    }
    for (const [i, group] of resourceGroups.entries()) {
      const { name, subscription, location = value.location, tags } = group;
      const id = steps.groupId(name, subscription);
      await at(['resourceGroups', i], () => steps.ensure(id, 'Microsoft.Resources/resourceGroups', { location, tags }));
    }
    for (const [i, resource] of resources.entries()) {
      await at(['resources', i], () => makeResource(steps, resource));
    }
    for (const [i, machine] of virtualMachines.entries()) {
      await at(['virtualMachines', i], () => makeMachine(sandbox, steps, machine, folder));
    }
    begun.set('wholly', true);
  }
  // Last: they are for those who use the world, not for its making.
  for (const fault of faults) sandbox.faults.add(fault);
  return isNew;
}

async function makeResource(steps: Steps, resource: Scenario['resources'][number]): Promise<void> {
  const { type, name, apiVersion, resourceGroup, subscription, scope, ...body } = resource;
  const [namespace, ...kinds] = type.split('/');
  const names = name.split('/');
  const under =
    scope ??
    (resourceGroup === undefined ? steps.subscriptionId(subscription) : steps.groupId(resourceGroup, subscription));
  const path = kinds.map((kind, i) => `${kind}/${names[i]}`).join('/');
  await steps.ensure(`${under}/providers/${namespace}/${path}`, type, body, apiVersion);
}
