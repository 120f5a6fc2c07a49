import type { V1Pod } from '@kubernetes/client-node';
import { podReason } from '../../../cli/lib/diagnose';
import { workloadStatus, type RawWorkload } from '../../../cli/lib/workloads';

const raw = (status: RawWorkload['status'], replicas = 1): RawWorkload => ({
  metadata: { name: 'x', namespace: 'n', generation: 2 },
  spec: { replicas, selector: { matchLabels: { app: 'x' } } },
  status,
});

const ready = {
  observedGeneration: 2,
  replicas: 1,
  updatedReplicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
};

test.each([
  ['all is new and available', ready, true],
  ['its controller has not seen the change', { ...ready, observedGeneration: 1 }, false],
  ['an old pod is still there', { ...ready, replicas: 2 }, false],
  ['only the old pod is available', { ...ready, updatedReplicas: 0 }, false],
  ['the new pod is not available', { ...ready, availableReplicas: 0 }, false],
  ['it has no status yet', undefined, false],
])('a Deployment: %s', (_case, status, expected) => {
  expect(workloadStatus('Deployment', raw(status)).isRolledOut).toBe(expected);
});

const onThree = {
  observedGeneration: 2,
  desiredNumberScheduled: 3,
  updatedNumberScheduled: 3,
  numberReady: 3,
  numberAvailable: 3,
};

test.each([
  ['on every node', onThree, true],
  ['old on one node', { ...onThree, updatedNumberScheduled: 2 }, false],
  ['not available on one node', { ...onThree, numberAvailable: 2 }, false],
  ['not seen by its controller', { ...onThree, observedGeneration: 1 }, false],
])('a DaemonSet: %s', (_case, status, expected) => {
  const found = workloadStatus('DaemonSet', raw(status));
  expect(found.isRolledOut).toBe(expected);
  expect(found.desired).toBe(3);
});

const pod = (state: object, lastState: object = {}, more: object = {}): V1Pod =>
  ({
    status: { containerStatuses: [{ name: 'main', ready: false, state, lastState, ...more }] },
  }) as V1Pod;

test.each([
  [
    pod({ waiting: { reason: 'ErrImageNeverPull', message: 'no image' } }),
    'main: ErrImageNeverPull: no image',
  ],
  [
    pod(
      { waiting: { reason: 'CrashLoopBackOff' } },
      { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    ),
    'main: CrashLoopBackOff (exit code 137, OOMKilled)',
  ],
  [pod({ terminated: { exitCode: 1 } }), 'main: ended with exit code 1'],
  [pod({ running: {} }), 'main: not ready yet'],
  [pod({ waiting: { reason: 'ContainerCreating' } }), undefined],
  [pod({ running: {} }, {}, { ready: true }), undefined],
])('a pod says why it is not ready (%#)', (each, reason) => {
  expect(podReason(each)).toBe(reason);
});

test('a pod that no node takes says why', () => {
  const message = '0/3 nodes are available: 3 Insufficient memory.';
  const conditions = [{ type: 'PodScheduled', status: 'False', message }];
  expect(podReason({ status: { conditions } })).toBe(message);
});
