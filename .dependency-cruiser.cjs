/** The import table of docs/architecture.md, enforced. One rule per folder: what it may import of ours. */
const ours = 'model|repository|azure|functions|worker|infra|cli|reader|console|sandbox|demo|test|bench|build';
const only = (from, allowed, comment) => ({
  name: `${from.replaceAll('/', '-')}-imports`,
  comment,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: `^(${ours})/`, pathNot: [`^${from}/`, ...allowed.map((a) => `^${a}`)] },
});

module.exports = {
  forbidden: [
    only('model', [], 'the language of the domain imports nothing of ours'),
    only('repository', ['model/'], 'the format knows the model only'),
    only('azure', ['model/', 'repository/ports\\.ts$'], 'gateways know the model and the store port'),
    only('functions', ['model/', 'azure/'], 'the appliance'),
    only('functions/orchestrators', ['model/'], 'orchestrators only decide: model and durable-functions'),
    only(
      'worker',
      ['model/', 'repository/', 'azure/(blobStore|keys|secrets|queues|diskData|hostNames|credential|appendLog)\\.ts$'],
      'the worker has no ARM',
    ),
    only('infra', ['model/'], 'the Pulumi program'),
    only(
      'cli',
      ['model/', 'repository/', 'azure/(blobStore|credential|keys|vhdFooter)\\.ts$'],
      'the command line needs a repository and its key only',
    ),
    only('reader', [], 'the standalone reader is written from docs/format.md alone'),
    only('sandbox', [], 'the sandbox knows Azure and nothing of Strongroom'),
    only('demo', ['sandbox/', 'model/'], 'the tour uses the product through HTTP, the command line and dist/'),
    {
      name: 'orchestrators-no-io',
      severity: 'error',
      comment: 'nothing but durable-functions and zod-free model code',
      from: { path: '^functions/orchestrators/' },
      to: { dependencyTypes: ['core', 'npm'], pathNot: ['node_modules/durable-functions/'] },
    },
    {
      name: 'azure-sdks-live-in-azure',
      severity: 'error',
      comment: 'the only home of Azure SDKs in the product',
      from: { path: '^(model|repository|functions|worker|infra|cli|reader|console)/' },
      to: { path: 'node_modules/@azure/', pathNot: ['node_modules/@azure/functions/'] },
    },
    {
      name: 'worker-has-no-arm',
      severity: 'error',
      from: { path: '^worker/' },
      to: { path: 'node_modules/@azure/arm-', reachable: true },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dev-dependency-in-product',
      severity: 'error',
      from: { path: '^(model|repository|azure|functions|worker|infra|cli|reader|console)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node_modules|dist)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
