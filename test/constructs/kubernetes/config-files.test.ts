import { Chart, Testing } from 'cdk8s';
import { ConfigFiles } from '../../../constructs/kubernetes';

const configOf = (files: Record<string, string>, reloadsItself = false): ConfigFiles =>
  new ConfigFiles(new Chart(Testing.app(), 'test'), {
    name: 'config',
    mountPath: '/etc/config',
    files,
    reloadsItself,
  });

test('changed text changes the pod’s annotation, and equal text does not', () => {
  const before = configOf({ a: 'one' }).annotations;

  expect(Object.keys(before)).toEqual(['vigil.local/config-config']);
  expect(configOf({ a: 'one' }).annotations).toEqual(before);
  expect(configOf({ a: 'two' }).annotations).not.toEqual(before);
  expect(configOf({ b: 'one' }).annotations).not.toEqual(before);
});

test('what a program reads again by itself leaves the pod alone', () => {
  expect(configOf({ a: 'one' }, true).annotations).toEqual({});
});

test('files are mounted as a read-only directory, which kubelet keeps current', () => {
  expect(configOf({ a: 'one' }).mount).toEqual({
    name: 'config',
    mountPath: '/etc/config',
    readOnly: true,
  });
});
