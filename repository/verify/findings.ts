import type { StrongroomError } from '../../model/errors.ts';
import type { Problem, Warning } from './report.ts';

/** Collects what a verification finds: one problem for each object. */
export class Findings {
  readonly #problems = new Map<string, Problem>();
  readonly warnings: Warning[] = [];

  get problems(): Problem[] {
    return [...this.#problems.values()];
  }

  /** The first that is found of an object says what it is. */
  problem(object: string, what: string): Problem {
    const known = this.#problems.get(object);
    if (known) return known;
    const problem: Problem = { object, what, affected: [] };
    this.#problems.set(object, problem);
    return problem;
  }

  /** Of an object that could not be read. */
  broken(object: string, error: StrongroomError): Problem {
    return this.problem(error.details['object'] ?? object, error.details['why'] ?? error.message);
  }

  warning(object: string, what: string): Warning {
    const warning: Warning = { object, what };
    this.warnings.push(warning);
    return warning;
  }

  /** Makes a problem that costs nothing a warning. */
  soften(object: string): void {
    const problem = this.#problems.get(object);
    if (!problem || problem.affected.length > 0) return;
    this.#problems.delete(object);
    const { what, repaired } = problem;
    this.warnings.push({ object, what, ...(repaired === undefined ? {} : { repaired }) });
  }
}
