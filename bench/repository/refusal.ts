/** Why a measurement cannot be made here: for people, without a stack. */
export class Refusal extends Error {}
