import { createRequire } from 'node:module';

/** A node of a query's syntax tree: the parser's names, empty nodes left out. Tokens have text and no children. */
export interface KustoNode {
  kind: string;
  text: string;
  /** Offset in the query. */
  start: number;
  children: KustoNode[];
}

/** A query that cannot be read or run as it stands. */
export class QueryError extends Error {
  override name = 'QueryError';
  readonly at: { line: number; character: number; token: string } | undefined;
  constructor(message: string, at?: { line: number; character: number; token: string }) {
    super(message);
    this.at = at;
  }
}

/** What Kusto or Resource Graph knows and this does not. */
export class UnsupportedQuery extends Error {
  override name = 'UnsupportedQuery';
  constructor(what: string) {
    super(`The local Resource Graph does not support ${what}.`);
  }
}

/** What is used of Microsoft's parser. It is C# made into JavaScript: scripts that set globals. */
interface BridgeNode {
  Kind: number;
  ChildCount: number;
  Width: number;
  Text?: string;
  TextStart: number;
  GetChild(index: number): BridgeNode | null;
  ToString(): string;
}
interface Diagnostic {
  Message: string;
  Start: number;
  Length: number;
}
interface BridgeLanguage {
  KustoCode: { Parse(text: string): { Syntax: BridgeNode; GetDiagnostics(): BridgeList } };
  Syntax: { SyntaxKind: Record<string, unknown> };
}
interface BridgeList {
  Count: number;
  getItem(index: number): Diagnostic;
}

let language: BridgeLanguage | undefined;
const kindNames = new Map<number, string>();

/** Loaded at the first query: it costs a quarter of a second. */
function load(): BridgeLanguage {
  if (language) return language;
  const require = createRequire(import.meta.url);
  require('@kusto/language-service-next/bridge.min.js');
  require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
  language = (globalThis as unknown as { Kusto: { Language: BridgeLanguage } }).Kusto.Language;
  for (const [name, value] of Object.entries(language.Syntax.SyntaxKind)) {
    if (typeof value === 'number') kindNames.set(value, name);
  }
  return language;
}

/** Reads a query. @throws QueryError with the place of the first mistake */
export function parseKusto(text: string): KustoNode {
  const code = load().KustoCode.Parse(text);
  const problems = code.GetDiagnostics();
  if (problems.Count > 0) {
    const { Message, Start, Length } = problems.getItem(0);
    const before = text.slice(0, Start).split('\n');
    const token = Length > 0 ? text.slice(Start, Start + Length) : '<EOF>';
    throw new QueryError(Message, { line: before.length, character: before.at(-1)!.length, token });
  }
  return plain(code.Syntax);
}

function plain(node: BridgeNode): KustoNode {
  const children: KustoNode[] = [];
  for (let i = 0; i < node.ChildCount; i++) {
    const child = node.GetChild(i);
    if (child && child.Width > 0) children.push(plain(child));
  }
  const text = node.ChildCount === 0 ? (node.Text ?? node.ToString()) : '';
  return { kind: kindNames.get(node.Kind) ?? String(node.Kind), text, start: node.TextStart, children };
}
