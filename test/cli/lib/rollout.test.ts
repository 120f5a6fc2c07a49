import type { KubernetesObject } from '@kubernetes/client-node';
import { waitForRollout } from '../../../cli/lib/rollout';
import { fakeApi } from '../../support/fake-apply-server';

const LABELS = { 'app.kubernetes.io/part-of': 'vigil' };
const PATH = '/apis/apps/v1/namespaces/monitoring/deployments/grafana';

const api = fakeApi();
const lines: string[] = [];
const signal = new AbortController().signal;

beforeEach(() => {
  lines.length = 0;
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
  waitForRollout(api.client, [deployment(0)], {
    signal,
    timeoutMs,
    report: (line) => lines.push(line),
  });

function crashingPod(restartCount = 1): void {
  api.server.put('/api/v1/namespaces/monitoring/pods/grafana-1', {
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
  api.server.put(PATH, deployment(0));
  let asked = 0;
  api.server.intercept = (line) => {
    if (line === 'GET /apis/apps/v1/deployments' && ++asked === 3)
      api.server.put(PATH, deployment(1));
    return undefined;
  };
  expect(await wait(10_000)).toBe(1);
  expect(lines).toEqual(['waiting for monitoring/grafana 0/1 (no pod yet)']);
});

test('when the time is over: which workload, why, its newest warning and its last log lines', async () => {
  api.server.put(PATH, deployment(0));
  crashingPod();
  const event = (name: string, at: string, message: string): void =>
    api.server.put(`/api/v1/namespaces/monitoring/events/${name}`, {
      metadata: { name },
      type: 'Warning',
      reason: 'BackOff',
      message,
      lastTimestamp: at,
    } as KubernetesObject);
  event('late', '2026-01-01T00:00:02Z', 'newest');
  event('early', '2026-01-01T00:00:01Z', 'oldest');
  api.server.intercept = (line) =>
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
  api.server.put(PATH, deployment(0));
  api.server.put('/api/v1/namespaces/monitoring/events/unscheduled', {
    metadata: { name: 'unscheduled' },
    type: 'Warning',
    reason: 'FailedScheduling',
    message: '0/3 nodes are available',
    lastTimestamp: '2026-01-01T00:00:01Z',
  } as KubernetesObject);
  const pod = (spec: object): void =>
    api.server.put('/api/v1/namespaces/monitoring/pods/grafana-1', {
      metadata: { name: 'grafana-1', namespace: 'monitoring', labels: { app: 'grafana' } },
      spec,
    } as KubernetesObject);
  pod({});
  await expect(wait(1)).rejects.toThrow('event: FailedScheduling: 0/3 nodes are available');
  pod({ nodeName: 'worker' });
  await expect(wait(1)).rejects.not.toThrow('FailedScheduling');
});

test('when only crash loops are left, waiting ends long before the time is over', async () => {
  api.server.put(PATH, deployment(0));
  crashingPod(4);
  const waiting = { signal, timeoutMs: 3_600_000, crashLoopMs: 0, report: () => undefined };
  await expect(waitForRollout(api.client, [deployment(0)], waiting)).rejects.toThrow(
    'grafana: CrashLoopBackOff (exit code 1)',
  );
});

test('a pod that crashed once or twice may yet come up', async () => {
  api.server.put(PATH, deployment(0));
  crashingPod(2);
  let asked = 0;
  api.server.intercept = (line) => {
    if (line === 'GET /apis/apps/v1/deployments' && ++asked === 8)
      api.server.put(PATH, deployment(1));
    return undefined;
  };
  const waiting = { signal, timeoutMs: 3_600_000, crashLoopMs: 0, report: () => undefined };
  expect(await waitForRollout(api.client, [deployment(0)], waiting)).toBe(1);
});

test('a log that cannot be read does not hide the rest', async () => {
  api.server.put(PATH, deployment(0));
  crashingPod();
  api.server.intercept = (line) =>
    line.endsWith('/log') ? { status: 400, body: { message: 'container is waiting' } } : undefined;
  await expect(wait(1)).rejects.toThrow('log: cannot be read: container is waiting');
});

test('a workload that someone deletes meanwhile is an error, not an endless wait', async () => {
  await expect(wait(10_000)).rejects.toThrow(
    'Deployment monitoring/grafana: deleted while it was being waited for',
  );
});
