import { readFile } from 'node:fs/promises';
import { isMap, isNode, LineCounter, parseDocument, type Document, type Pair, type Scalar } from 'yaml';
import type { z } from 'zod';
import { faults } from './faultSchema.ts';
import { scenarioSchema, type Scenario } from './schema.ts';

/** A file that is no scenario. The message has a line for each mistake: file, line, column, what is wrong, what is allowed. */
export class ScenarioError extends Error {
  override name = 'ScenarioError';
}

type Path = readonly PropertyKey[];

/** A file's text as it stands for a value, with the place of each part. */
export interface Read<T> {
  value: T;
  /** `file:line:column` of a part of the value. */
  place(path: Path): string;
}

/** @throws ScenarioError when it cannot be read or says something that is not allowed */
export function readScenario(file: string): Promise<Read<Scenario>> {
  return read(file, scenarioSchema);
}

/** Reads a file with a list of faults, or a scenario of which only the faults are wanted. @throws ScenarioError */
export async function readFaults(file: string): Promise<z.output<typeof faults>> {
  const text = await load(file);
  if (isMap(parseDocument(text).contents)) return check(file, text, scenarioSchema).value.faults;
  return check(file, text, faults).value;
}

/** A scenario that a program writes. @throws ZodError */
export function scenario(input: z.input<typeof scenarioSchema>): Read<Scenario> {
  return { value: scenarioSchema.parse(input), place: dotted };
}

async function read<T extends z.ZodType>(file: string, schema: T): Promise<Read<z.output<T>>> {
  return check(file, await load(file), schema);
}

function load(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new ScenarioError(`${file} cannot be read: ${error.message}`);
  });
}

function check<T extends z.ZodType>(file: string, text: string, schema: T): Read<z.output<T>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const place = (path: Path) => at(offsetOf(document, path));
  const wrong = [...document.errors, ...document.warnings].map(({ pos, message }) => `${at(pos[0])}: ${message}`);
  if (wrong.length > 0) throw new ScenarioError(wrong.join('\n'));
  const parsed = schema.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (parsed.success) return { value: parsed.data, place };
  const mistakes = parsed.error.issues.flatMap((issue) => describe(issue, place));
  throw new ScenarioError(mistakes.sort(new Intl.Collator('en', { numeric: true }).compare).join('\n'));
}

function describe(issue: z.core.$ZodIssue, place: (path: Path) => string): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${place([...issue.path, key])}: ${dotted([...issue.path, key])} ${issue.message}`);
  }
  if (issue.code === 'invalid_union') {
    const reasons = new Set(issue.errors.flatMap((branch) => branch.map(({ message }) => message)));
    return [`${place(issue.path)}: ${dotted(issue.path)}: ${[...reasons].join(', or ')}${shown(issue.input)}`];
  }
  const own = issue.code === 'custom';
  return [
    `${place(issue.path)}: ${dotted(issue.path)}${own ? ' ' : ': '}${issue.message}${own ? '' : shown(issue.input)}`,
  ];
}

/** The value that was refused, when it is short. */
function shown(input: unknown): string {
  if (input === undefined || (typeof input === 'object' && input !== null)) return '';
  return ` (found ${JSON.stringify(input)})`;
}

/** `virtualMachines[0].osDisk.data` */
function dotted(path: Path): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? 'the file' : text.replace(/^\./, '');
}

/** Where a part begins: its key, an item of a list, or the nearest part around it that is there. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length);
    const parent: unknown = document.getIn(part.slice(0, -1), true);
    const pair = isMap(parent)
      ? (parent.items as Pair<Scalar>[]).find(({ key }) => String(key.value) === String(part.at(-1)))
      : undefined;
    const node: unknown = pair ? pair.key : document.getIn(part, true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
