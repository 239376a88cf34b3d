/**
 * Least privilege, over the whole suite: the actions that the local Azure demanded of the product's identities equal those
 * that infra grants them, but for the exceptions, each with its reason.
 *
 *   node test/leastPrivilege/index.ts          runs all tests, then compares
 *   node test/leastPrivilege/index.ts FILE     compares what a run has left (SANDBOX_DEMANDS=FILE vitest run)
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityNames } from '../../infra/roles.ts';
import type { Demand } from '../../sandbox/arm/access/contract.ts';
import { compare, type Demanded } from './compare.ts';
import { exceptions } from './exceptions.ts';
import { grantedActions } from './granted.ts';

/** The identities of worlds are named `{appliance}-{identity}`. */
function demandsIn(file: string): Demanded[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return lines.flatMap((line) => {
    const { principal, action, data, scope } = JSON.parse(line) as Demand;
    const identity = identityNames.find((name) => principal.endsWith(`-${name}`));
    return identity === undefined ? [] : [{ identity, action, data, scope }];
  });
}

function report(file: string): number {
  const demanded = demandsIn(file);
  const { unused, missing, idle } = compare(grantedActions(), demanded, exceptions);
  const lines = [
    ...unused.map(({ identity, role, action }) => `granted, never demanded: ${identity} ${action} (role ${role})`),
    ...missing.map(({ identity, action, scope }) => `demanded, not granted: ${identity} ${action} (at ${scope})`),
    ...idle.map(({ identity, role, action = '*' }) => `exception without use: ${identity} ${action} (role ${role})`),
  ];
  for (const line of [...new Set(lines)].sort()) process.stdout.write(`${line}\n`);
  process.stdout.write(`least privilege: ${demanded.length} kinds of demands, ${lines.length} differences\n`);
  return lines.length === 0 ? 0 : 1;
}

function runAll(): number {
  const folder = mkdtempSync(join(tmpdir(), 'demands-'));
  const file = join(folder, 'demands.jsonl');
  try {
    const env = { ...process.env, SANDBOX_DEMANDS: file };
    const { status } = spawnSync('vitest', ['run'], { stdio: 'inherit', env });
    return status === 0 ? report(file) : (status ?? 1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [file] = process.argv.slice(2);
process.exitCode = file === undefined ? runAll() : report(file);
