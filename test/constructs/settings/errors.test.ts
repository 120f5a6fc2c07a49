import {
  defaultResources,
  imageNames,
  parseSettings,
  settingsSchema,
  SettingsError,
} from '../../../constructs/settings';

/** Names that grow with every component, as a message lists them. */
const GROUPS = Object.keys(settingsSchema.shape).join(', ');
const IMAGES = imageNames.join(', ');
const CONTAINERS = Object.keys(defaultResources).join(', ');

/** One row: what the file holds, and the whole message that its author reads. */
const mistakes: readonly [what: string, input: unknown, message: string][] = [
  [
    'an unknown name at the top',
    { prometeus: {} },
    `prometeus: unknown setting 'prometeus'; did you mean 'prometheus'? allowed: ${GROUPS}`,
  ],
  [
    'an unknown name that is near nothing',
    { zzzzzzzz: 1 },
    `zzzzzzzz: unknown setting 'zzzzzzzz'; allowed: ${GROUPS}`,
  ],
  [
    'an unknown name within a group',
    { prometheus: { retentionTme: '1d' } },
    "prometheus.retentionTme: unknown setting 'retentionTme'; did you mean 'retentionTime'? allowed: scrapeInterval, evaluationInterval, retentionTime, retentionSize, storage, externalLabels, remoteWrite",
  ],
  [
    'an unknown name within an entry of a list',
    { prometheus: { remoteWrite: [receiver(), { ...receiver(), name: 'second', cidr: [] }] } },
    "prometheus.remoteWrite[1].cidr: unknown setting 'cidr'; did you mean 'cidrs'? allowed: name, url, cidrs, tokenSecret",
  ],
  [
    'an image of an unknown component',
    { images: { promethius: 'registry.example.com/prometheus:v1' } },
    `images.promethius: unknown setting 'promethius'; did you mean 'prometheus'? allowed: ${IMAGES}`,
  ],
  [
    'resources of an unknown container',
    { resources: { grafanna: {} } },
    `resources.grafanna: unknown setting 'grafanna'; did you mean 'grafana'? allowed: ${CONTAINERS}`,
  ],
  [
    'an unknown resource',
    { resources: { grafana: { cpus: '1' } } },
    "resources.grafana.cpus: unknown setting 'cpus'; did you mean 'cpu'? allowed: cpu, memory, memoryLimit",
  ],
  [
    'a window that is too short for alerts from logs',
    { thresholds: { logs: { window: '30s' } } },
    'thresholds.logs.window: found "30s", allowed: a time of 1m to 1h',
  ],
  [
    'a window that is too long for alerts from logs',
    { thresholds: { logs: { window: '61m' } } },
    'thresholds.logs.window: found "61m", allowed: a time of 1m to 1h',
  ],
  [
    'a window that is no duration',
    { thresholds: { logs: { window: 'long' } } },
    'thresholds.logs.window: found "long", allowed: a duration: a whole number and s, m, h, d, w or y, such as 30s or 15d',
  ],
  [
    'a retention of logs that is no duration',
    { loki: { retention: 'soon' } },
    'loki.retention: found "soon", allowed: a duration: a whole number and s, m, h, d, w or y, such as 30s or 15d',
  ],
  [
    'an image that floats',
    { images: { grafana: 'grafana/grafana:latest' } },
    'images.grafana: found "grafana/grafana:latest", allowed: an image with a tag other than latest, or with a digest (name@sha256:…)',
  ],
  [
    'an image without a tag',
    { images: { grafana: 'registry.example.com:5000/grafana' } },
    'images.grafana: found "registry.example.com:5000/grafana", allowed: an image with a tag other than latest, or with a digest (name@sha256:…)',
  ],
  [
    'an image with a stray character',
    { images: { grafana: 'grafana :13' } },
    'images.grafana: found "grafana :13", allowed: an image with a tag other than latest, or with a digest (name@sha256:…)',
  ],
  ['a number too small', { cluster: { nodes: 0 } }, 'cluster.nodes: found 0, allowed: 1 at least'],
  [
    'a number too big',
    { cluster: { apiServerPort: 70_000 } },
    'cluster.apiServerPort: found 70000, allowed: 65535 at most',
  ],
  ['half a node', { cluster: { nodes: 2.5 } }, 'cluster.nodes: found 2.5, allowed: a whole number'],
  [
    'text for a number',
    { cluster: { nodes: 'three' } },
    'cluster.nodes: found "three", allowed: a number',
  ],
  [
    'text for a switch',
    { cluster: { controlPlane: 'yes' } },
    'cluster.controlPlane: found "yes", allowed: true or false',
  ],
  [
    'a number for a size',
    { alertmanager: { storage: 256 } },
    'alertmanager.storage: found 256, allowed: a size: a whole number and Ki, Mi, Gi or Ti, such as 8Gi',
  ],
  [
    'a size in another unit',
    { prometheus: { retentionSize: '6Gi' } },
    'prometheus.retentionSize: found "6Gi", allowed: a size: a whole number and MB, GB or TB, such as 6GB',
  ],
  [
    'a duration in words',
    { certificates: { leafLifetime: '30 days' } },
    'certificates.leafLifetime: found "30 days", allowed: a duration: a whole number and s, m, h, d, w or y, such as 30s or 15d',
  ],
  [
    'an amount of CPU with a wrong unit',
    { resources: { prometheus: { cpu: '1 core' } } },
    'resources.prometheus.cpu: found "1 core", allowed: an amount of CPU: millicores such as 50m, or cores such as 0.5',
  ],
  [
    'an address in place of a network',
    { cluster: { nodeCidrs: ['10.0.0.0/8', '10.0.0.1'] } },
    'cluster.nodeCidrs[1]: found "10.0.0.1", allowed: an IPv4 network such as 172.16.0.0/12',
  ],
  [
    'an empty list',
    { cluster: { nodeCidrs: [] } },
    'cluster.nodeCidrs: found [], allowed: 1 entry at least',
  ],
  [
    'a single entry without its list',
    { prometheus: { remoteWrite: receiver() } },
    'prometheus.remoteWrite: found {"name":"archive","url":"https://archive.example.com/","c…, allowed: a list',
  ],
  [
    'a receiver over plain HTTP',
    { prometheus: { remoteWrite: [{ ...receiver(), url: 'http://archive.example.com/' }] } },
    'prometheus.remoteWrite[0].url: found "http://archive.example.com/", allowed: an https:// URL',
  ],
  [
    'a receiver without its networks',
    { prometheus: { remoteWrite: [{ ...receiver(), cidrs: undefined }] } },
    'prometheus.remoteWrite[0].cidrs: found nothing, allowed: a list',
  ],
  [
    'a label name that Prometheus refuses',
    { prometheus: { externalLabels: { 'data-center': 'a' } } },
    "prometheus.externalLabels.data-center: found the name 'data-center', allowed: a label name: letters, digits and underscores, no digit first",
  ],
  [
    'a name with capitals',
    { cluster: { name: 'Vigil' } },
    'cluster.name: found "Vigil", allowed: a DNS label: lower-case letters, digits and hyphens, 32 at most, beginning with a letter',
  ],
  [
    'a route to a destination that is not there',
    {
      alertRouter: {
        destinations: { pager: { kind: 'webhook' } },
        defaultDestinations: ['page'],
        routes: [],
      },
    },
    'alertRouter.defaultDestinations[0]: found "page", allowed: a destination: pager (defaultDestinations and routes go with destinations: state all three)',
  ],
  [
    'a destination of another kind',
    { alertRouter: { destinations: { chat: { kind: 'slack' } } } },
    'alertRouter.destinations.chat.kind: found "slack", allowed: discord, mail, webhook',
  ],
  [
    'a matcher without quotes',
    { alertRouter: { routes: [{ matchers: ['severity=critical'], destinations: ['mail'] }] } },
    'alertRouter.routes[0].matchers[0]: found "severity=critical", allowed: a matcher as in Alertmanager, such as severity="critical" or job=~"web-.+"',
  ],
  [
    'a regular expression that Alertmanager would refuse',
    { alertRouter: { routes: [{ matchers: ['job=~"a(?=b)"'], destinations: ['mail'] }] } },
    'alertRouter.routes[0].matchers[0]: found "job=~\\"a(?=b)\\"", allowed: a matcher as in Alertmanager, such as severity="critical" or job=~"web-.+", with a regular expression of RE2',
  ],
  [
    'a recipient without a domain',
    {
      alertRouter: {
        destinations: { mail: { kind: 'mail', to: ['oncall'] } },
        defaultDestinations: ['mail'],
        routes: [],
      },
    },
    'alertRouter.destinations.mail.to[0]: found "oncall", allowed: a mail address such as oncall@example.com',
  ],
  [
    'a threshold above all',
    { thresholds: { nodes: { diskWarning: 120 } } },
    'thresholds.nodes.diskWarning: found 120, allowed: 99 at most',
  ],
  ['nothing for a group', { cluster: null }, 'cluster: found null, allowed: an object'],
  ['a list for a table', { images: [] }, 'images: found [], allowed: an object'],
  ['no object at all', 5, '(the whole file): found 5, allowed: an object'],
];

function receiver() {
  return { name: 'archive', url: 'https://archive.example.com/', cidrs: ['203.0.113.0/24'] };
}

test.each(mistakes)(
  '%s is refused with path, found, allowed and nearest name',
  (_, input, message) => {
    expect(() => parseSettings(input)).toThrow(new SettingsError(`vigil.config.ts: ${message}`));
  },
);

test('several mistakes are all told, one line each', () => {
  const parse = () => parseSettings({ cluster: { nodes: 0 }, storageClas: 'standard' }, 'mine.ts');

  expect(parse).toThrow(SettingsError);
  expect(parse).toThrow(
    /^mine\.ts: cluster\.nodes: .+\nmine\.ts: storageClas: .+'storageClass'.+$/,
  );
});

test('long values are shortened, so that a message stays one line', () => {
  const parse = () => parseSettings({ storageClass: 'x'.repeat(500) });

  expect(parse).toThrow(/found "x{40,60}…, allowed: the name of a Kubernetes object/);
});
