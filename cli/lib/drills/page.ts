import type { Component } from '../../../constructs/topology';
import { Door, webDoor } from '../door';
import { NotHere, type Scene } from './drill';

type Page = 'nginx' | 'sampleApp';

/** The component behind a page. @throws NotHere when it does not run. */
export async function needPage({ client, topology }: Scene, key: Page): Promise<Component> {
  const component = topology.component(key);
  const { namespace, name } = component;
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const found = await client.get<{ status?: { readyReplicas?: number } }>(path);
  if (found?.status?.readyReplicas) return component;
  throw new NotHere(`${namespace}/${name} does not run`);
}

/**
 * Sends requests to a page as a visitor, over TLS that is verified.
 *
 * @returns when the first of them was sent, in milliseconds since the Unix epoch.
 */
export async function knock(
  { client, signal }: Scene,
  key: Page,
  send: (door: Door) => Promise<void>,
): Promise<number> {
  const door = await Door.open(client, webDoor(key, key), signal);
  try {
    const at = Date.now();
    await send(door);
    return at;
  } finally {
    door.close();
  }
}
