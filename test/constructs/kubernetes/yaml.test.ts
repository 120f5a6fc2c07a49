import fc from 'fast-check';
import { parse } from 'yaml';
import { toYaml } from '../../../constructs/kubernetes';

test('long lines are not folded, and equal objects are written out', () => {
  const shared = { name: 'x'.repeat(200) };

  expect(toYaml({ a: shared, b: shared })).toBe(
    `a:\n  name: ${'x'.repeat(200)}\nb:\n  name: ${'x'.repeat(200)}\n`,
  );
});

test('what is written reads back the same', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const json: unknown = JSON.parse(JSON.stringify(value));
      // YAML knows -0, JSON does not.
      expect(JSON.parse(JSON.stringify(parse(toYaml(value))))).toEqual(json);
    }),
  );
});
