import { azurite, load } from './load.ts';
import { exchange, RULES_HEADER } from './rules.ts';

interface Outgoing {
  headers: Record<string, unknown>;
}
interface Axios {
  interceptors: { request: { use(change: (request: Outgoing) => Outgoing): void } };
}

/**
 * Azurite asks itself for a copy's source, under a public name that leads out of here. The front has asked instead, before
 * the request came (`front/copySource.ts`). What Put Block From URL fetches, it fetches from its own port: with the
 * rules that every request carries, and in the name that the client gives for it.
 */
export function patchCopySources(): void {
  const handler = load<{ prototype: { validateCopySource(): Promise<void> } }>('blob/handlers/BlobHandler').prototype;
  handler.validateCopySource = () => Promise.resolve();
  const { default: axios } = azurite('axios') as { default: Axios };
  axios.interceptors.request.use((request) => {
    const { headers } = exchange();
    request.headers[RULES_HEADER] = headers[RULES_HEADER];
    request.headers['x-ms-version'] = headers['x-ms-version'];
    const authorization = headers['x-ms-copy-source-authorization'];
    if (authorization !== undefined) request.headers.authorization = authorization;
    return request;
  });
}
