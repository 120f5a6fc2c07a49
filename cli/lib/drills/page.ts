import type { Component } from '../../../constructs/topology';
import { mapLimit } from '../async';
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

/** Requests that are on their way at once. */
const HASTE = 4;

/**
 * Sends requests to a page as a visitor, over TLS that is verified.
 *
 * @param count how many
 * @param send sends the one of an index, from 0 on
 * @returns when the first of them was sent, in milliseconds since the Unix epoch.
 */
export async function knock(
  { client, signal }: Scene,
  key: Page,
  count: number,
  send: (door: Door, index: number) => Promise<unknown>,
): Promise<number> {
  const door = await Door.open(client, webDoor(key, key), signal);
  try {
    const at = Date.now();
    const indices = Array.from({ length: count }, (_, index) => index);
    await mapLimit(indices, HASTE, (index) => send(door, index));
    return at;
  } finally {
    door.close();
  }
}
