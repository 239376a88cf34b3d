/**
 * `npm run preview`: what the Pulumi program would declare, without Pulumi and without Azure. Exit codes: 1 when the
 * policy pack refuses something, 2 when the arguments or the configuration are wrong.
 */
import { basename, relative } from 'node:path';
import { styleText } from 'node:util';
import { readArguments } from './arguments.ts';
import { declaredWith, isWrongInput, policy, sampleStack } from './declared.ts';
import { plain, render, type Style } from './preview/render.ts';
import { totalsOf, treeOf, leavesOf } from './preview/tree.ts';
import { readStackFile } from './stackFile.ts';

const usage = `npm run preview -- [options]
  --stack FILE   a stack's configuration, such as infra/Pulumi.prod.yaml; the sample when absent
  --json         all of it as JSON: components, totals, outputs (docs/operations.md)
  --help         this text`;

const { values } = readArguments(usage, { stack: { type: 'string' }, json: { type: 'boolean' } });

const colours: Style = {
  heading: (text) => styleText('bold', text),
  faint: (text) => styleText('gray', text),
  problem: (text) => styleText('red', text),
  width: process.stdout.columns,
};

const { stack: file = sampleStack, json = false } = values;
try {
  const stack = /^Pulumi\.(.+)\.ya?ml$/.exec(basename(file))?.[1] ?? 'preview';
  const preview = await declaredWith(await readStackFile(file), stack);
  const tree = treeOf(preview, await policy());
  if (json)
    console.log(JSON.stringify({ components: tree, totals: totalsOf(tree), outputs: preview.outputs }, null, 2));
  else {
    const style = process.stdout.isTTY ? colours : plain;
    console.log(`${style.faint(`What ${relative('', file)} declares`)}\n\n${render(tree, style)}`);
  }
  const refused = tree.flatMap(leavesOf).some(({ violations }) => violations.length > 0);
  process.exitCode = refused ? 1 : 0;
} catch (error) {
  if (!isWrongInput(error)) throw error;
  console.error(error.message);
  // At once: Pulumi's runtime reports a program's error once more, as one that nobody caught.
  process.exit(2);
}
