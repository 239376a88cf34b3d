import type { Registry } from '../../../registry.ts';
import type { Functions } from '../../../templates/evaluate.ts';
import { TemplateError } from '../../../templates/expression.ts';
import { pureFunctions } from '../../../templates/functions.ts';
import { idFunctions, scopeId, type DeploymentScope } from '../../../templates/ids.ts';
import type { ArmCall } from '../../../types.ts';

/** Something that an expression asks ARM for: the state of a resource, or the answer of one of its `list…` actions. */
export interface Question {
  id: string;
  /** Absent: that of the resource in the template. */
  apiVersion?: string;
  /** `listKeys`; absent: GET. */
  action?: string;
}

const keyOf = ({ id, action }: Question) => `${id.toLowerCase()}#${action?.toLowerCase() ?? ''}`;

/** Thrown by functions when an answer is not there yet; caught by {@link Answers.complete}. */
class Unanswered extends Error {
  readonly question: Question;
  constructor(question: Question) {
    super(`The state of ${question.id} is not known.`);
    this.question = question;
  }
}

/** What ARM has answered to expressions. */
export interface Answers {
  functions: Functions;
  /** Evaluates, and asks for what is missing until all is there. */
  complete<T>(work: () => T): Promise<T>;
}

type Body = Record<string, unknown>;

/**
 * The functions that ask ARM: `reference`, `list…`.
 * @param resolve the id of a resource that an expression names by id or by its name in the template
 * @param ask gets the answer from ARM
 */
export function runtimeFunctions(
  resolve: (named: string) => string,
  ask: (question: Question) => Promise<unknown>,
): Answers {
  const known = new Map<string, unknown>();
  const answer = (question: Question): Body => {
    const key = keyOf(question);
    if (!known.has(key)) throw new Unanswered(question);
    return (known.get(key) ?? {}) as Body;
  };
  const list = (action: string) => (named: unknown, apiVersion: unknown) =>
    answer({ id: resolve(String(named)), apiVersion: String(apiVersion), action });
  const functions: Functions = {
    reference(named, apiVersion, full) {
      const id = resolve(String(named));
      const body = answer({ id, ...(apiVersion != null && { apiVersion: String(apiVersion) }) });
      return full === undefined ? (body.properties ?? {}) : body;
    },
    listkeys: list('listKeys'),
    listaccountsas: list('listAccountSas'),
    listsecrets: list('listSecrets'),
    listcredential: list('listCredential'),
  };

  return {
    functions,
    async complete(work) {
      for (;;) {
        try {
          return work();
        } catch (error) {
          if (!(error instanceof Unanswered)) throw error;
          known.set(keyOf(error.question), await ask(error.question));
        }
      }
    },
  };
}

/** Functions that speak of where a deployment stands. Times are the world's. */
export function scopeFunctions(call: ArmCall, registry: Registry, scope: DeploymentScope): Functions {
  const { store, tenantId, clock, guid } = call.world;
  const { subscriptionId } = scope;
  const group = () => {
    if (!scope.resourceGroup) throw new TemplateError("The function 'resourceGroup' is not valid at this scope.");
    const { id, name, type, location, tags, properties } = store.require(scopeId(scope));
    return { id, name, type, location, tags, properties };
  };
  return {
    ...pureFunctions,
    ...idFunctions(scope),
    subscription: () => {
      const { displayName } = store.require(`/subscriptions/${subscriptionId}`);
      return { id: `/subscriptions/${subscriptionId}`, subscriptionId, tenantId, displayName };
    },
    resourcegroup: group,
    tenant: () => ({ tenantId }),
    deployment: () => ({ name: call.path.name, location: (call.body as Body).location }),
    environment: () => ({
      name: 'AzureCloud',
      resourceManager: 'https://management.azure.com/',
      authentication: { loginEndpoint: 'https://login.microsoftonline.com/', tenant: 'common' },
      suffixes: {
        storage: 'core.windows.net',
        keyvaultDns: '.vault.azure.net',
        sqlServerHostname: '.database.windows.net',
      },
    }),
    providers(namespace, type) {
      const provider = registry.provider(String(namespace));
      if (!provider) throw new TemplateError(`The provider '${String(namespace)}' is not known.`);
      return { resourceType: type, apiVersions: [...(provider.apiVersions ?? [])].reverse() };
    },
    utcnow: (how) => (how === undefined ? clock.iso().replace(/[-:]|\.\d+/g, '') : dated(clock.iso(), String(how))),
    newguid: guid,
  };
}

/** `yyyy-MM-dd` and the like; other formats are refused. */
function dated(iso: string, how: string): string {
  const parts: Record<string, string> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
    mm: iso.slice(14, 16),
    ss: iso.slice(17, 19),
  };
  const written = how.replace(/yyyy|MM|dd|HH|mm|ss/g, (part) => parts[part]!);
  if (/[A-Za-z]/.test(written.replace(/[TZ]/g, ''))) {
    throw new TemplateError(`utcNow: the local Azure does not know the format '${how}'.`);
  }
  return written;
}
