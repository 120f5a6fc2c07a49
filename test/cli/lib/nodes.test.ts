import type { V1Node } from '@kubernetes/client-node';
import { waitForNodes } from '../../../cli/lib/nodes';
import { fakeApi } from '../../support/fake-apply-server';

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

const api = fakeApi();
const lines: string[] = [];
const signal = new AbortController().signal;

beforeEach(() => {
  lines.length = 0;
});

function node(name: string, status: 'True' | 'False', taints: object[] = []): void {
  api.server.put(`/api/v1/nodes/${name}`, {
    metadata: { name },
    spec: { taints },
    status: { conditions: [{ type: 'Ready', status }] },
  } as Partial<V1Node>);
}

const wait = (timeoutMs?: number): Promise<void> =>
  waitForNodes(api.client, { count: 2, signal, report: (line) => lines.push(line), timeoutMs });

test('the nodes of a new cluster are waited for: those that are not known, not ready, or tainted', async () => {
  node('a', 'True');
  const changes = [
    () => node('b', 'False', [NOT_READY]),
    () => node('b', 'True', [NOT_READY]),
    () => node('b', 'True'),
  ];
  let looks = 0;
  api.server.intercept = () => {
    if (looks++ > 0) changes.shift()?.();
    return undefined;
  };
  await wait();
  expect(looks).toBe(4);
  expect(lines).toEqual(['1 of 2 nodes ready']);
});

test('one that stays away stops nothing', async () => {
  node('a', 'True');
  await wait(1);
  expect(lines).toEqual(['1 of 2 nodes ready']);
});
