import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Preview } from '../sandbox/pulumi/preview.ts';

const infra = join(import.meta.dirname, '../infra');
export const sampleStack = join(infra, 'Pulumi.sample.yaml');
export const project = 'strongroom';

/**
 * What the Pulumi program would declare with a stack's configuration, without Pulumi and without Azure.
 * @throws StrongroomError INVALID_INPUT when the configuration is wrong
 */
export async function declaredWith(config: Record<string, string>, stack: string): Promise<Preview> {
  // Pulumi and Azure's clients take a second to load: a wrong command line is answered without them.
  const { previewProgram } = await import('../sandbox/pulumi/preview.ts');
  return previewProgram({ program: join(infra, 'index.ts'), project, stack, config });
}

/** What the policy pack says of a resource. */
export type ViolationsOf = (resource: Preview['resources'][number]) => { rule: string; message: string }[];

/** The policy pack's rules, by path: the product is a program here, not a library. */
export async function policy(): Promise<ViolationsOf> {
  const { violationsOf } = (await import(pathToFileURL(join(infra, 'policy/rules/index.ts')).href)) as {
    violationsOf: ViolationsOf;
  };
  return violationsOf;
}

/** Whether an error is about what the user wrote into the configuration. */
export function isWrongInput(error: unknown): error is Error {
  return (
    error instanceof Error && ((error as { code?: string }).code === 'INVALID_INPUT' || error.name === 'StackFileError')
  );
}
