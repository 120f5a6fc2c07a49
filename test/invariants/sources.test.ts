import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { parseSettings, resolveImages } from '../../constructs/settings';
import { buildTopology } from '../../constructs/topology';
import { stackOf } from '../support/stack';
import { expectOnlyExceptions } from './exceptions';

const ROOT = resolve(__dirname, '..', '..');

/** Where versions, images and ports are declared, once. */
const HOME_OF = { images: 'constructs/settings/', ports: 'constructs/topology/' };

const sources = readdirSync(join(ROOT, 'constructs'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({
    file: relative(ROOT, path).split(sep).join('/'),
    // A number in a comment is explained, not declared.
    code: readFileSync(path, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, ''),
  }));

const topology = buildTopology(parseSettings({}));
const numbers = [...topology.components, ...topology.outside].flatMap(({ ports }) =>
  Object.values(ports),
);

/** A port of the topology in either spelling, `host:port` in a text, or a constant that is named as a port. */
function portNumbers(code: string): string[] {
  const known = numbers.map((port) => `${port}|${port.toLocaleString('en').replace(',', '_')}`);
  const patterns = [
    new RegExp(`(?<![\\w.-])(${known.join('|')})(?![\\w.-])`, 'g'),
    /(?<=[\w}\]]):\d{2,5}(?=[/'"`])/g,
    /\b\w*port\w*\s*[:=]\s*\d[\d_]{1,5}\b/gi,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([match]) => match));
}

const imageReferences = (code: string): string[] =>
  [...code.matchAll(/['"`][\w.-]+(\.\w+|:\d+)\/[\w./-]+(:[\w.-]+|@sha256:\w+)['"`]|:latest/g)].map(
    ([match]) => match,
  );

test('images are named in the settings and nowhere else', () => {
  expect(sources.length).toBeGreaterThan(20);
  expectOnlyExceptions(
    'image outside the settings',
    sources
      .filter(({ file }) => !file.startsWith(HOME_OF.images))
      .flatMap(({ file, code }) => imageReferences(code).map((image) => `${file}: ${image}`)),
  );
});

test('port numbers are declared in the topology and nowhere else', () => {
  expectOnlyExceptions(
    'port number outside the topology',
    sources
      .filter(({ file }) => !file.startsWith(HOME_OF.ports) && !file.startsWith(HOME_OF.images))
      .flatMap(({ file, code }) => portNumbers(code).map((port) => `${file}: ${port}`)),
  );
});

test('the searches find what they look for', () => {
  expect(portNumbers('url: `https://localhost:9090/x`, kubelet: 10_250')).toEqual([
    '9090',
    '10_250',
    ':9090',
  ]);
  expect(portNumbers('const METRICS_PORT = 8123;')).toEqual(['METRICS_PORT = 8123']);
  expect(imageReferences("image: 'quay.io/prometheus/prometheus:v3.14.0'")).toHaveLength(1);
  expect(imageReferences("image: 'prometheus:latest'")).toEqual([':latest']);
});

test('every image of the settings is used, and every used one is of the settings', () => {
  const { pods } = stackOf();
  const used = pods.flatMap(({ containers }) => containers.map(({ image }) => image));

  const unique = (images: readonly (string | undefined)[]) => [...new Set(images)].sort();

  expect(unique(used)).toEqual(unique(Object.values(resolveImages(parseSettings({})))));
});
