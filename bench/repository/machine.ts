import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** What measurements depend on. */
export function machine(scratch: string) {
  const fileSystem = execFileSync('stat', ['--file-system', '--format', '%T', scratch], { encoding: 'utf8' }).trim();
  return {
    processors: cpus().length,
    model: cpus()[0]?.model ?? '',
    memoryBytes: totalmem(),
    kernel: release(),
    fileSystem,
    node: process.version,
    zstdOfNode: process.versions.zstd ?? '',
    load: loadavg()[0] ?? 0,
  };
}

/** More than any program here takes. */
const TOUCHED_BYTES = 2 ** 30;

/**
 * Touches memory and leaves it free. A virtual machine gives free memory back to its host, and what it gave back costs up to
 * 13 µs for each page that is touched again: as much as all the work of a small backup, by chance and for whoever comes first.
 */
export function touchMemory(): void {
  execFileSync('python3', ['-c', `b'.' * ${TOUCHED_BYTES}`]);
}
