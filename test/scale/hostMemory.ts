import { readdir, readFile } from 'node:fs/promises';

/** @returns the most memory (resident) that the Functions host of this process has had, bytes; undefined where there is no /proc */
export async function hostMemory(): Promise<number | undefined> {
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const [status, command] = await Promise.all(
      ['status', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    );
    if (!status!.includes(`\nPPid:\t${process.pid}\n`) || !command!.includes('functions-host/main.ts')) continue;
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status!)?.[1] ?? NaN) * 1024;
  }
  return undefined;
}
