import { chartOf } from '../../support/stack';

test('one namespace for each level of trust', () => {
  const { objects, text } = chartOf('namespaces');

  expect(objects.map(({ metadata }) => metadata.name)).toEqual([
    'vigil-system',
    'monitoring',
    'agents',
    'web',
  ]);
  expect(text).toMatchSnapshot();
});
