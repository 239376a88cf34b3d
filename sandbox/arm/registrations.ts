import { ArmError, type ArmWorld } from './types.ts';

export type RegistrationState = 'Registered' | 'NotRegistered' | 'Unregistered';

/** Part of ARM itself: they need no registration. */
const free = new Set(['microsoft.authorization', 'microsoft.resources', 'microsoft.resourcegraph']);

const keyOf = (subscriptionId: string, namespace: string) => `${subscriptionId}/${namespace}`.toLowerCase();
const registrations = ({ state }: ArmWorld) => state.map<RegistrationState>('arm.registrations');

/** Whether a namespace works without registration. */
export function isFree(namespace: string): boolean {
  return free.has(namespace.toLowerCase());
}

/** Every provider is registered in every subscription until someone says otherwise. */
export function registrationState(world: ArmWorld, subscriptionId: string, namespace: string): RegistrationState {
  if (isFree(namespace)) return 'Registered';
  return registrations(world).get(keyOf(subscriptionId, namespace)) ?? 'Registered';
}

export function setRegistration(
  world: ArmWorld,
  subscriptionId: string,
  namespace: string,
  state: RegistrationState,
): void {
  registrations(world).set(keyOf(subscriptionId, namespace), state);
}

/** How a subscription begins; what was registered since stays so. */
export function seedUnregistered(world: ArmWorld, subscriptionId: string, namespace: string): void {
  if (!registrations(world).has(keyOf(subscriptionId, namespace))) {
    setRegistration(world, subscriptionId, namespace, 'NotRegistered');
  }
}

/** @throws ArmError 409 MissingSubscriptionRegistration */
export function checkRegistered(world: ArmWorld, subscriptionId: string, namespace: string): void {
  if (subscriptionId === '' || registrationState(world, subscriptionId, namespace) === 'Registered') return;
  const code = 'MissingSubscriptionRegistration';
  const message =
    `The subscription is not registered to use namespace '${namespace}'. ` +
    'See https://aka.ms/rps-not-found for how to register subscriptions.';
  throw new ArmError(409, code, message, { details: { details: [{ code, target: namespace, message }] } });
}
