import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { armPlace, said, type ArmUnderTest, type Recipe, type Sent } from './armPlace.ts';

const ENDPOINT = 'Microsoft.Network/privateEndpoints';

/** Holds what private endpoints can lead to against the life of their connections, which begins with an endpoint. */
export function armEndpointContract(
  targets: Record<string, string>,
  recipes: Recipe[],
  world: () => ArmUnderTest,
): void {
  describe.each(Object.entries(targets).map(([type, group], index) => ({ type, group, index })))(
    '$type/privateEndpointConnections',
    ({ type, group, index }) => {
      const place = armPlace(world, recipes, `ep${index}`);
      const connections = `${type}/privateEndpointConnections`;
      const call = (method: string, id: string, sent?: Sent) => place.call(method, id, sent, connections);
      const target = () => place.idOf(type);
      const state = async () => {
        const { body } = await place.call('GET', place.idOf(ENDPOINT), {}, ENDPOINT);
        return body.properties.privateLinkServiceConnections[0].properties.privateLinkServiceConnectionState.status;
      };
      let id = '';

      beforeAll(async () => {
        await place.begin();
        await place.create(type);
        const link = { name: 'link', properties: { privateLinkServiceId: target(), groupIds: [group] } };
        await place.create(ENDPOINT, undefined, { properties: { privateLinkServiceConnections: [link] } });
      });
      afterAll(async () => {
        await place.end();
        expect(said(await call('GET', id))).toBe('404 ResourceGroupNotFound');
      });

      test('an endpoint makes one, and nobody else', async () => {
        const listed = await call('GET', `${target()}/privateEndpointConnections`);
        expect(listed.body.value).toHaveLength(1);
        id = listed.body.value[0].id;
        const { body } = await call('GET', id.toUpperCase());
        expect(body).toMatchObject({ id, type: connections });
        expect(body.properties).toMatchObject({
          privateEndpoint: { id: place.idOf(ENDPOINT) },
          privateLinkServiceConnectionState: { status: 'Approved' },
        });
        expect((await call('HEAD', id)).status).toBe(204);
        expect(await state()).toBe('Approved');
        const privateLinkServiceConnectionState = { status: 'Approved', description: '' };
        const approved = { properties: { privateLinkServiceConnectionState } };
        expect((await call('PUT', `${id}x`, { body: approved })).status).toBe(404);
        expect((await call('GET', `${id}x`)).status).toBe(404);
      });

      test('its owner rejects it, in words that there are', async () => {
        const put = (status: string) => {
          const privateLinkServiceConnectionState = { status, description: 'the owner said so' };
          return { body: { properties: { privateLinkServiceConnectionState } } };
        };
        expect((await call('PUT', id, put('Perhaps'))).status).toBe(400);
        expect(said(await call('PUT', id, { text: '[]' }))).toBe('400 InvalidRequestContent');
        await place.done('PUT', id, connections, put('Rejected'));
        expect(await state()).toBe('Rejected');
      });

      test('it is removed by its owner, and the endpoint leads nowhere', async () => {
        expect((await place.done('DELETE', id, connections)).status).toBeOneOf([200, 202, 204]);
        expect((await call('DELETE', id)).status).toBe(204);
        expect(said(await call('GET', id))).toBe('404 ResourceNotFound');
        expect(await state()).toBe('Disconnected');
      });
    },
  );
}
