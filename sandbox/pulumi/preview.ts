import { idOf, segmentsOf } from './body.ts';
import { evaluateProgram } from './evaluate.ts';
import type { ProgramRequest } from './evaluate.ts';
import { operationsOf } from './providers/index.ts';
import { subscriptionOfProvider } from './providerResource.ts';
import type { Registered } from './registration.ts';
import { operationOf } from './resource.ts';
import { isResource } from './stack.ts';

/** What a program would bring about: resources, providers and components, in the order in which it asks for them. */
export interface Preview {
  resources: (Registered & {
    /** ARM id; empty for what is no resource of Azure. */
    id: string;
    /** Whose client would make it. */
    subscriptionId: string;
  })[];
  outputs: Record<string, unknown>;
}

/**
 * Evaluates a program without any Azure. What only Azure knows is made up: identities' ids are GUIDs that end in a number,
 * a connection string says that it will be known later. One evaluation per process.
 * @throws ApplyError for resources that could not be brought about, or the program's own error
 */
export async function previewProgram(request: ProgramRequest): Promise<Preview> {
  const home = request.config['azure-native:subscriptionId'] ?? '';
  // Paths of ids only: nothing is ever sent.
  const operations = operationsOf({
    credential: { getToken: () => Promise.resolve(null) },
    subscriptionId: home,
    options: { additionalPolicies: [] },
  });
  const providers = new Map<string, string>();
  const resources: Preview['resources'] = [];
  let count = 0;
  const guid = () => `00000000-0000-4000-8000-${String((count += 1)).padStart(12, '0')}`;

  const outputs = await evaluateProgram(request, (resource) => {
    const { urn, type, name, inputs, provider } = resource;
    const subscriptionId = (provider && providers.get(provider)) ?? home;
    if (!isResource(resource)) {
      if (type.startsWith('pulumi:providers:')) providers.set(urn, subscriptionOfProvider(type, inputs, home));
      resources.push({ ...resource, id: '', subscriptionId });
      return Promise.resolve({ id: resource.custom ? name : '', state: inputs });
    }
    const operation = operationOf(operations, type);
    const segments = segmentsOf(operation, inputs);
    const id = idOf(operation, segments, subscriptionId);
    resources.push({ ...resource, id, subscriptionId });
    const onlyAzureKnows = { principalId: guid(), clientId: guid(), connectionString: '(known after up)' };
    return Promise.resolve({ id, state: { name: segments.at(-1), ...onlyAzureKnows, ...inputs, id } });
  });
  return { resources, outputs };
}
