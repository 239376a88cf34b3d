/**
 * Debian's azure-cli, unmodified, against the local Azure: every group that a backup of machines touches, with what a
 * person sees when it works and when it does not. Four people type at once, each with settings of their own.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Exchange } from '../../sandbox/edge/record.ts';
import { people } from '../../sandbox/edge/index.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { disks } from './azureCli/chains/disks.ts';
import { machines } from './azureCli/chains/machines.ts';
import { network } from './azureCli/chains/network.ts';
import { resources } from './azureCli/chains/resources.ts';
import { storage, vaults } from './azureCli/chains/storage.ts';
import { expectConforming } from '../sandbox/arm/world.ts';
import { openCli, whyAbsent, type Cli, type Said } from './azureCli/cli.ts';
import { check, words, type Chain, type Step } from './azureCli/steps.ts';

const chains: Chain[] = [machines, network, disks, storage, vaults, resources];
const absent = await whyAbsent();
if (absent !== undefined) process.stdout.write(`skipped the commands of azure-cli: ${absent}\n`);

let folder: string;
let sandbox: Sandbox;
const clis: Cli[] = [];
/** What each command said, when it has: commands of a chain run one after the other, chains side by side. */
const said = new Map<Step, Promise<Said>>();
const signedIn = new Map<Chain, Promise<Said>>();

async function begin(chain: Chain): Promise<void> {
  const cli = await openCli(sandbox, chain.name, chain.profile);
  clis.push(cli);
  const values = {
    sub: sandbox.subscriptionId,
    me: people.operator.objectId,
    dir: folder,
    templates: join(import.meta.dirname, 'azureCli', 'templates'),
  };
  let last: Promise<unknown> = cli.login();
  signedIn.set(chain, last as Promise<Said>);
  for (const step of chain.steps) {
    const next = last.then(() => cli.run(words(step.az, values)));
    next.catch(() => {});
    said.set(step, next);
    last = next;
  }
}

describe.skipIf(absent !== undefined)('azure-cli', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'azure-cli-'));
    sandbox = await startSandbox({ record: join(folder, 'record.jsonl') });
    await Promise.all(chains.map(begin));
  }, 60_000);
  afterAll(async () => {
    for (const cli of clis) cli.close();
    await sandbox?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  describe.each(chains)('$name ($profile)', (chain) => {
    it('az login --identity', async () => {
      const { code, out, err } = (await signedIn.get(chain))!;
      expect(code, err).toBe(0);
      expect(JSON.parse(out)).toMatchObject([{ id: sandbox.subscriptionId, isDefault: true, state: 'Enabled' }]);
    }, 120_000);
    it.each(chain.steps.map((step) => [step.az, step] as const))(
      'az %s',
      async (_line, step) => check(step, await said.get(step)!),
      300_000,
    );
  });

  it('was sent and answered what Azure publishes', async () => {
    await Promise.all(said.values());
    const lines = (await readFile(join(folder, 'record.jsonl'), 'utf8')).split('\n').filter(Boolean);
    await expectConforming(lines.map((line) => JSON.parse(line) as Exchange));
  }, 300_000);
});
