import fc from 'fast-check';
import {
  defaultResources,
  imageNames,
  ownImages,
  parseSettings,
  resolveImages,
  resolveResources,
  seconds,
  upstreamImages,
} from '../../../constructs/settings';

test('an empty file is a whole stack', () => {
  const settings = parseSettings({});

  expect(settings.cluster.nodes).toBe(3);
  expect(resolveResources(settings)).toEqual(defaultResources);
  expect(resolveImages(settings)).toMatchObject(upstreamImages);
  expect(Object.keys(resolveImages(settings)).sort()).toEqual([...imageNames].sort());
});

test('an image of the settings takes the place of the pinned one, and of that one only', () => {
  const mirror = 'registry.example.com:5000/prometheus@sha256:' + 'a'.repeat(64);

  const images = resolveImages(parseSettings({ images: { prometheus: mirror } }));

  expect(images.prometheus).toBe(mirror);
  expect(images.alertmanager).toBe(upstreamImages.alertmanager);
});

test('resources are replaced field by field; an undefined field keeps its default', () => {
  const { grafana, prometheus } = resolveResources(
    parseSettings({ resources: { grafana: { memory: '1Gi', cpu: undefined } } }),
  );

  expect(grafana).toEqual({ ...defaultResources.grafana, memory: '1Gi' });
  expect(prometheus).toEqual(defaultResources.prometheus);
});

test('our own images carry a tag that only their sources determine', () => {
  const [first] = ownImages();

  expect(first?.image).toMatch(/^vigil\.local\/certificate-controller:[0-9a-f]{12}$/);
  expect(ownImages()).toEqual(ownImages());
});

test('every duration that the schema accepts has its seconds', () => {
  const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
      (amount, unit) => {
        const { scrapeInterval } = parseSettings({
          prometheus: { scrapeInterval: `${amount}${unit}` },
        }).prometheus;
        expect(seconds(scrapeInterval)).toBe(amount * units[unit]);
      },
    ),
  );
  expect(() => seconds('1d12h')).toThrow('not a duration: 1d12h');
});

test('no object that JSON can hold makes parsing fail in any other way than with a message', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (input) => {
      try {
        parseSettings(input);
      } catch (error) {
        expect(error).toMatchObject({ name: 'SettingsError' });
        expect(String((error as Error).message)).toMatch(/^vigil\.config\.ts: .+allowed: /);
      }
    }),
  );
});
