import type { Execution } from '../../machines/execution.ts';
import type { Machine } from '../../machines/machines.ts';
import { object, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { WRITE_BLOB } from './agentScripts.ts';

/** A blob that takes a stream of a script. */
interface Target {
  stream: 'output' | 'error';
  uri: string;
  identity: string;
}

const UPLOAD_MS = 5 * 60 * 1000;

/** The blobs that a request names; each is signed, or written with an identity of the machine. */
export function outputTargets(asked: Json): Target[] {
  return (['output', 'error'] as const).flatMap((stream) => {
    const uri = text(asked, `${stream}BlobUri`);
    return uri ? [{ stream, uri, identity: identityQuery(asked, `${stream}BlobManagedIdentity`) }] : [];
  });
}

/** How the machine's metadata service is asked for an identity; `none`: a SAS is enough. */
export function identityQuery(from: Json, name: string): string {
  if (from[name] == null) return 'none';
  const { clientId, objectId } = object(from, name) as { clientId?: string; objectId?: string };
  if (clientId) return `&client_id=${encodeURIComponent(clientId)}`;
  return objectId ? `&object_id=${encodeURIComponent(objectId)}` : '';
}

/** Writes the streams to their blobs from inside the machine. @returns what went wrong, '' for nothing */
export async function writeOutputBlobs(machine: Machine, execution: Execution, targets: Target[]): Promise<string> {
  const problems: string[] = [];
  for (const { stream, uri, identity } of targets) {
    const { done } = machine.run('output-blob', WRITE_BLOB, {
      environment: { BLOB_URI: uri, BLOB_IDENTITY: identity, BLOB_FILE: execution.files[stream] },
      timeoutMs: UPLOAD_MS,
    });
    const { exitCode, error } = await done;
    if (exitCode !== 0) problems.push(`The ${stream} blob could not be written: ${error.trim()}`);
  }
  return problems.join(' ');
}
