import { difference, fromLine, inventoryObject, toLine, union } from '../../../cli/lib/inventory';
import type { ObjectRef } from '../../../cli/lib/kube-client';

const ref = (kind: string, name: string, apiVersion = 'v1', namespace?: string): ObjectRef => ({
  apiVersion,
  kind,
  namespace,
  name,
});

test('a line holds all that identifies an object, and reads back', () => {
  const grafana = ref('Deployment', 'grafana', 'apps/v1', 'monitoring');
  expect(toLine(grafana)).toBe('apps/v1|Deployment|monitoring|grafana');
  expect(fromLine(toLine(grafana))).toEqual(grafana);
  const role = ref('ClusterRole', 'system:x', 'rbac.authorization.k8s.io/v1');
  expect(fromLine(toLine(role))).toEqual(role);
});

test.each(['', 'v1|ConfigMap', 'v1|ConfigMap|a|b|c', '|ConfigMap|a|b'])(
  '%p is no line of ours',
  (line) => {
    expect(fromLine(line)).toBeUndefined();
  },
);

test('union holds each object once, in one order', () => {
  const [a, b, c] = [ref('A', 'x'), ref('B', 'x'), ref('C', 'x')];
  expect(union([c, a], [b, a])).toEqual([a, b, c]);
  expect(union([a, b], [c])).toEqual(union([c], [b, a]));
});

test('an object whose API version moved on is the same object: it is not pruned', () => {
  const old = ref('Thing', 'x', 'example.org/v1beta1', 'n');
  const now = ref('Thing', 'x', 'example.org/v1', 'n');
  expect(difference([old], [now])).toEqual([]);
  expect(union([now], [old])).toEqual([now]);
});

test('objects of the same kind and name in other groups and namespaces are others', () => {
  const first = ref('Thing', 'x', 'a.org/v1', 'n');
  const others = [ref('Thing', 'x', 'b.org/v1', 'n'), ref('Thing', 'x', 'a.org/v1', 'm')];
  expect(difference([first], others)).toEqual([first]);
});

test('the inventory is a labelled ConfigMap with one sorted line for each object', () => {
  const object = inventoryObject([ref('Namespace', 'web'), ref('Namespace', 'agents')]);
  expect(object.metadata?.labels).toMatchObject({ 'app.kubernetes.io/part-of': 'vigil' });
  expect(object.data).toEqual({ objects: 'v1|Namespace||agents\nv1|Namespace||web\n' });
});
