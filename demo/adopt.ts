/**
 * `npm run adopt`: writes the file with which `pulumi import` takes a site that was created at run time under Pulumi's
 * care. Asks neither Pulumi nor Azure. Exit code 2 when the arguments or the configuration are wrong.
 */
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AdoptError, configurations, declaredBy } from './adopt/declaration.ts';
import { missingPieces } from './adopt/found.ts';
import { importFileOf } from './adopt/importFile.ts';
import { readArguments } from './arguments.ts';
import { isWrongInput, sampleStack } from './declared.ts';
import { readStackFile } from './stackFile.ts';

const usage = `npm run adopt -- SUBSCRIPTION REGION [options]
  --stack FILE   the stack's configuration; the one in infra/ when there is one besides the sample
  --found FILE   what GET /api/sites/SUBSCRIPTION/REGION answered: leaves out what is missing
  --out FILE     where the file for pulumi import goes, one that is not there yet; the terminal when absent
  --help         this text`;

const { values, words, fail } = readArguments(
  usage,
  { stack: { type: 'string' }, found: { type: 'string' }, out: { type: 'string' } },
  true,
);
const [subscriptionId = '', region = '', ...more] = words;
if (more.length > 0) fail(`"${more[0]}" is one word too many.`);
if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(subscriptionId)) {
  fail(`"${subscriptionId}" is no subscription id such as 4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10.`);
}
if (!/^[a-z0-9]+$/.test(region)) fail(`"${region}" is no region such as westeurope.`);
const { out } = values;
if (out !== undefined && existsSync(out)) fail(`--out ${out} is there already: delete it or name another file.`);
if (out !== undefined && !existsSync(dirname(out))) fail(`--out ${out}: there is no folder ${dirname(out)}.`);

/** The only stack file beside the sample. */
function onlyStackFile(): string {
  const folder = dirname(sampleStack);
  const files = readdirSync(folder).filter(
    (file) => /^Pulumi\..+\.ya?ml$/.test(file) && file !== basename(sampleStack),
  );
  if (files.length === 1) return join(folder, files[0]!);
  return fail(`Say which stack: --stack FILE. There are ${files.length} stack files in infra/.`);
}

const file = values.stack ?? onlyStackFile();
const stack =
  /^Pulumi\.(.+)\.ya?ml$/.exec(basename(file))?.[1] ??
  fail(`--stack ${file}: a stack's file is called Pulumi.<stack>.yaml.`);
try {
  const missing = values.found === undefined ? [] : await missingPieces(values.found, { subscriptionId, region });
  const config = configurations(await readStackFile(file), { subscriptionId, region });
  const [declared, atRunTime] = await Promise.all([
    declaredBy(config.declared, stack),
    declaredBy(config.atRunTime, stack),
  ]);
  const imports = importFileOf(declared, atRunTime, missing);
  if (!imports.resources?.some(({ id }) => id)) {
    throw new AdoptError(
      `Nothing of the site in ${region} exists yet: remove "declared: false" from its entry and run pulumi up.`,
    );
  }
  const text = JSON.stringify(imports, null, 2) + '\n';
  if (out === undefined) process.stdout.write(text);
  else await writeFile(out, text, { flag: 'wx' });
  const count = imports.resources?.filter(({ component }) => !component).length;
  const save = out === undefined ? ' Save what was printed as site.json (--out does it for you).' : '';
  console.error(`${count} resources of the site in ${region}.${save} Next, in infra/:
  1. pulumi import --stack ${stack} --file ${resolve(out ?? 'site.json')} --generate-code=false --protect=false
  2. remove "declared: false" from the site's entry in ${basename(file)}
  3. pulumi up --stack ${stack}    creates what is missing; may set what Azure filled in by itself to what the program says`);
} catch (error) {
  if (!isWrongInput(error) && !(error instanceof AdoptError)) throw error;
  console.error((error as Error).message);
  process.exit(2);
}
