import * as pulumi from '@pulumi/pulumi';

/** What the program declares, seen through Pulumi's mocks. */
export interface Declared {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  provider: string | undefined;
}

export interface Program {
  resources: Declared[];
  outputs: Record<string, unknown>;
  /** Inputs of all resources of a type, `network:PrivateEndpoint`. */
  of(type: string): Record<string, unknown>[];
}

/** Which evaluation it is: the program is a module, which is evaluated once for each address. */
let evaluations = 0;

/** Evaluates the program with a stack's configuration, without Azure. */
export async function declare(config: Record<string, string>): Promise<Program> {
  const resources: Declared[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, provider }) => {
        resources.push({ type, name, inputs: inputs as Record<string, unknown>, provider });
        const state = {
          clientId: '0c000000-0000-4000-8000-000000000001',
          principalId: name,
          connectionString: 'c',
          ...inputs,
        };
        return { id: `/${name}`, state: { name: inputs.accountName ?? inputs.vaultName ?? name, ...state } };
      },
      call: ({ token }) => {
        throw new Error(`the program asks Azure: ${token}`);
      },
    },
    'strongroom',
    'test',
  );
  pulumi.runtime.setAllConfig(config);
  const address = `../../infra/index.ts?evaluation=${(evaluations += 1)}`;
  const outputs = (await pulumi.runtime.runInPulumiStack(async () => ({
    ...((await import(address)) as object),
  }))) as Program['outputs'];
  await pulumi.runtime.disconnect();
  // Registrations come in the order in which their inputs resolve.
  resources.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    resources,
    outputs,
    of: (type) => resources.filter((one) => one.type === `azure-native:${type}`).map(({ inputs }) => inputs),
  };
}
