import type { KubernetesObject } from '@kubernetes/client-node';
import { KubeClient } from '../../../cli/lib/kube-client';
import { waitForRollout } from '../../../cli/lib/rollout';
import { FakeApplyServer } from '../../support/fake-apply-server';

const LABELS = { 'app.kubernetes.io/part-of': 'vigil' };
const PATH = '/apis/apps/v1/namespaces/monitoring/deployments/grafana';

let server: FakeApplyServer;
let client: KubeClient;
const lines: string[] = [];
const signal = new AbortController().signal;

beforeEach(async () => {
  server = await FakeApplyServer.start();
  client = new KubeClient(server.kubeConfig, signal);
  lines.length = 0;
});

afterEach(async () => {
  client.close();
  await server.stop();
});

const deployment = (available: number): KubernetesObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'grafana', namespace: 'monitoring', labels: LABELS, generation: 1 },
    spec: { replicas: 1, selector: { matchLabels: { app: 'grafana' } } },
    status: {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: available,
      availableReplicas: available,
    },
  }) as KubernetesObject;

const wait = (timeoutMs: number): Promise<number> =>
  waitForRollout(client, [deployment(0)], {
    signal,
    timeoutMs,
    report: (line) => lines.push(line),
  });

function crashingPod(restartCount = 1): void {
  server.put('/api/v1/namespaces/monitoring/pods/grafana-1', {
    metadata: { name: 'grafana-1', namespace: 'monitoring', labels: { app: 'grafana' } },
    status: {
      containerStatuses: [
        {
          name: 'grafana',
          ready: false,
          restartCount,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1 } },
        },
      ],
    },
  } as KubernetesObject);
}

test('waits until the pod is available, and says what for', async () => {
  server.put(PATH, deployment(0));
  let asked = 0;
  server.intercept = (line) => {
    if (line === 'GET /apis/apps/v1/deployments' && ++asked === 3) server.put(PATH, deployment(1));
    return undefined;
  };
  expect(await wait(10_000)).toBe(1);
  expect(lines).toEqual(['waiting for monitoring/grafana 0/1 (no pod yet)']);
});

test('when the time is over: which workload, why, its newest warning and its last log lines', async () => {
  server.put(PATH, deployment(0));
  crashingPod();
  const event = (name: string, at: string, message: string): void =>
    server.put(`/api/v1/namespaces/monitoring/events/${name}`, {
      metadata: { name },
      type: 'Warning',
      reason: 'BackOff',
      message,
      lastTimestamp: at,
    } as KubernetesObject);
  event('late', '2026-01-01T00:00:02Z', 'newest');
  event('early', '2026-01-01T00:00:01Z', 'oldest');
  server.intercept = (line) =>
    line.endsWith('/pods/grafana-1/log')
      ? { status: 200, body: 'cannot open database' }
      : undefined;

  await expect(wait(1)).rejects.toThrow(
    [
      'monitoring/grafana: 0 of 1 ready after 0.0 s',
      '  grafana: CrashLoopBackOff (exit code 1)',
      '  event: BackOff: newest',
      '  log: cannot open database',
    ].join('\n'),
  );
});

test('what kept a pod from a node is not told any more once it has one', async () => {
  server.put(PATH, deployment(0));
  server.put('/api/v1/namespaces/monitoring/events/unscheduled', {
    metadata: { name: 'unscheduled' },
    type: 'Warning',
    reason: 'FailedScheduling',
    message: '0/3 nodes are available',
    lastTimestamp: '2026-01-01T00:00:01Z',
  } as KubernetesObject);
  const pod = (spec: object): void =>
    server.put('/api/v1/namespaces/monitoring/pods/grafana-1', {
      metadata: { name: 'grafana-1', namespace: 'monitoring', labels: { app: 'grafana' } },
      spec,
    } as KubernetesObject);
  pod({});
  await expect(wait(1)).rejects.toThrow('event: FailedScheduling: 0/3 nodes are available');
  pod({ nodeName: 'worker' });
  await expect(wait(1)).rejects.not.toThrow('FailedScheduling');
});

test('when only crash loops are left, waiting ends long before the time is over', async () => {
  server.put(PATH, deployment(0));
  crashingPod(4);
  const waiting = { signal, timeoutMs: 3_600_000, crashLoopMs: 0, report: () => undefined };
  await expect(waitForRollout(client, [deployment(0)], waiting)).rejects.toThrow(
    'grafana: CrashLoopBackOff (exit code 1)',
  );
});

test('a pod that crashed once or twice may yet come up', async () => {
  server.put(PATH, deployment(0));
  crashingPod(2);
  let asked = 0;
  server.intercept = (line) => {
    if (line === 'GET /apis/apps/v1/deployments' && ++asked === 8) server.put(PATH, deployment(1));
    return undefined;
  };
  const waiting = { signal, timeoutMs: 3_600_000, crashLoopMs: 0, report: () => undefined };
  expect(await waitForRollout(client, [deployment(0)], waiting)).toBe(1);
});

test('a log that cannot be read does not hide the rest', async () => {
  server.put(PATH, deployment(0));
  crashingPod();
  server.intercept = (line) =>
    line.endsWith('/log') ? { status: 400, body: { message: 'container is waiting' } } : undefined;
  await expect(wait(1)).rejects.toThrow('log: cannot be read: container is waiting');
});

test('a workload that someone deletes meanwhile is an error, not an endless wait', async () => {
  await expect(wait(10_000)).rejects.toThrow(
    'Deployment monitoring/grafana: deleted while it was being waited for',
  );
});
