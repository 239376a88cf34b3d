import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectConforming, inGroup, networkPath, startWorld, subscriptionId, type TestWorld } from './world.ts';

interface OperationBody {
  properties: { provisioningState: string; targetResource: { resourceName: string } };
}

let world: TestWorld;

beforeAll(async () => {
  world = await startWorld();
  await world.call('PUT', inGroup(''), { location: 'westeurope', tags: { team: 'red' } });
});
afterAll(() => world.close());

const path = (name: string, below = '') => inGroup(`/providers/Microsoft.Resources/deployments/${name}${below}`);
/** Deploys, and waits for the end. */
async function deploy(deployment: string, body: object, at = path(deployment)) {
  const begun = await world.call('PUT', at, body);
  expect(begun.status, JSON.stringify(begun.body)).toBe(201);
  const operation = begun.headers.get('azure-asyncoperation')!;
  const { body: ended } = await world.call('GET', operation);
  return { ended, ...(await world.call('GET', at)).body };
}
const asked = (template: object, parameters = {}) => ({ properties: { mode: 'Incremental', template, parameters } });
const network = {
  type: 'Microsoft.Network/virtualNetworks',
  apiVersion: '2023-09-01',
  name: "[parameters('name')]",
  location: '[resourceGroup().location]',
  tags: '[resourceGroup().tags]',
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
    subnets: [{ name: 'default', properties: { addressPrefix: '10.0.0.0/24' } }],
  },
};
const template = {
  parameters: { name: { type: 'string' }, password: { type: 'secureString', defaultValue: 'hidden' } },
  variables: { nic: "[concat(parameters('name'), '-nic')]" },
  resources: [
    {
      type: 'Microsoft.Network/networkInterfaces',
      apiVersion: '2023-09-01',
      name: "[variables('nic')]",
      location: 'westeurope',
      dependsOn: ["[concat('Microsoft.Network/virtualNetworks/', parameters('name'))]"],
      properties: {
        ipConfigurations: [
          {
            name: 'one',
            properties: {
              subnet: {
                id: "[concat(resourceId('Microsoft.Network/virtualNetworks', parameters('name')), '/subnets/default')]",
              },
            },
          },
        ],
      },
    },
    network,
  ],
  outputs: {
    address: {
      type: 'string',
      value: "[reference(variables('nic')).ipConfigurations[0].properties.privateIPAddress]",
    },
    space: {
      type: 'array',
      value:
        "[reference(resourceId('Microsoft.Network/virtualNetworks', parameters('name')), " +
        "providers('Microsoft.Network', 'virtualNetworks').apiVersions[0]).addressSpace.addressPrefixes]",
    },
    place: { type: 'string', value: "[reference(parameters('name'), '2023-09-01', 'Full').location]" },
  },
};

describe('a deployment', () => {
  it('makes its resources in the order of their dependencies and gives outputs', async () => {
    const { properties } = await deploy('first', asked(template, { name: { value: 'net' } }));
    expect(properties).toMatchObject({
      provisioningState: 'Succeeded',
      outputs: {
        address: { type: 'String', value: '10.0.0.4' },
        space: { type: 'Array', value: ['10.0.0.0/16'] },
        place: { value: 'westeurope' },
      },
    });
    const { body } = await world.call('GET', networkPath('virtualNetworks/net'));
    expect(body).toMatchObject({ location: 'westeurope', tags: { team: 'red' } });
    const listed = await world.call('GET', inGroup('/deployments/first/operations'));
    const operations = listed.body.value.map(({ properties: one }: OperationBody) => [
      one.targetResource.resourceName,
      one.provisioningState,
    ]);
    expect(operations.sort()).toEqual([
      ['net', 'Succeeded'],
      ['net-nic', 'Succeeded'],
    ]);
  });

  it('keeps no secret parameter', async () => {
    const { body } = await world.call('GET', path('first'));
    expect(body.properties.parameters).toEqual({
      name: { value: 'net' },
      password: {},
    });
    expect(JSON.stringify(body)).not.toContain('hidden');
  });

  it('is listed, and its history can be deleted: its resources stay', async () => {
    const listed = await world.call('GET', path('').slice(0, -1));
    expect(listed.body.value.map(({ name }: { name: string }) => name)).toEqual(['first']);
    const { headers } = await world.call('DELETE', path('first'));
    await world.call('GET', headers.get('location')!);
    expect((await world.call('GET', path('first'))).body.error.code).toBe('ResourceNotFound');
    expect((await world.call('GET', networkPath('virtualNetworks/net'))).status).toBe(200);
  });

  it('runs nested ones: those of scope inner with their own parameters', async () => {
    const inner = {
      type: 'Microsoft.Resources/deployments',
      apiVersion: '2022-09-01',
      name: 'inner',
      properties: {
        mode: 'Incremental',
        expressionEvaluationOptions: { scope: 'inner' },
        parameters: { name: { value: "[concat('in', 'ner')]" } },
        template: { ...template, outputs: { name: { type: 'string', value: "[parameters('name')]" } } },
      },
    };
    const outputs = { got: { type: 'string', value: "[reference('inner').outputs.name.value]" } };
    const { properties } = await deploy('outer', asked({ resources: [inner], outputs }));
    expect(properties.outputs).toEqual({ got: { type: 'String', value: 'inner' } });
  });

  it('makes groups at a subscription', async () => {
    const made = {
      type: 'Microsoft.Resources/resourceGroups',
      apiVersion: '2021-04-01',
      name: 'made',
      location: '[deployment().location]',
    };
    const { properties } = await deploy(
      'groups',
      { location: 'westeurope', ...asked({ resources: [made] }) },
      `/subscriptions/${subscriptionId}/providers/Microsoft.Resources/deployments/groups`,
    );
    expect(properties.provisioningState).toBe('Succeeded');
    expect((await world.call('GET', inGroup('', 'made'))).body.location).toBe('westeurope');
  });

  it('that fails says which resource and why, and so do its operations', async () => {
    const bad = { ...network, name: 'bad', properties: { addressSpace: { addressPrefixes: ['nonsense'] } } };
    const { ended, ...body } = await deploy('failing', asked({ resources: [bad] }));
    expect(ended).toMatchObject({ status: 'Failed', error: { code: 'DeploymentFailed' } });
    expect(body.properties).toMatchObject({
      provisioningState: 'Failed',
      error: { code: 'DeploymentFailed', details: [{ message: expect.stringContaining('nonsense') as string }] },
    });
    const operations = await world.call('GET', path('failing', '/operations'));
    expect(operations.body.value[0].properties).toMatchObject({
      provisioningState: 'Failed',
      targetResource: { resourceName: 'bad' },
    });
  });

  it('is validated without being made', async () => {
    const { status, body } = await world.call(
      'POST',
      path('only', '/validate'),
      asked(template, { name: { value: 'never' } }),
    );
    expect([status, body.properties.validatedResources.length]).toEqual([200, 2]);
    expect((await world.call('GET', path('only'))).status).toBe(404);
    expect((await world.call('GET', networkPath('virtualNetworks/never'))).status).toBe(404);
  });
});

describe('a deployment is refused', () => {
  it.each([
    [
      'a template with an unknown function',
      asked({ resources: [{ ...network, name: '[what()]' }] }),
      'InvalidTemplate',
    ],
    ['a missing parameter', asked(template), 'InvalidTemplate'],
    ['no template', { properties: { mode: 'Incremental' } }, 'InvalidRequestContent'],
    ['a strange mode', { properties: { mode: 'Maybe', template: {} } }, 'InvalidDeploymentMode'],
    ['mode Complete, which is not here', { properties: { mode: 'Complete', template: {} } }, 'SandboxNotSupported'],
    ['a link, which is not here', { properties: { mode: 'Incremental', templateLink: {} } }, 'SandboxNotSupported'],
  ])('with %s', async (_what, body, code) => {
    const put = await world.call('PUT', path('odd'), body);
    const validated = await world.call('POST', path('odd', '/validate'), body);
    expect([put.body.error.code, validated.body.error.code]).toEqual([code, code]);
  });

  it('with a name that none can have', async () => {
    const { body } = await world.call('PUT', path('a'.repeat(65)), asked({ resources: [] }));
    expect(body.error.code).toBe('InvalidDeploymentName');
  });
});

it('everything was said as Azure publishes it', () => expectConforming(world.exchanges));
