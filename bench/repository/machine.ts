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
