import { silence } from '../../../../constructs/loki/rules/silence';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology, isPage } from '../../../../constructs/topology';
import { describeLogRules, type Said } from '../../../support/log-rule-tests';

const topology = buildTopology(parseSettings({}));
const group = silence(topology);
const servers = topology.components.filter(isPage).map(({ name }) => name);

const access = (app: string, ago: number): Said => ({
  job: 'access',
  labels: { namespace: 'web', app, container: app, node: 'worker' },
  metadata: { pod: `${app}-1`, status: '200' },
  line: '{}',
  ago: [ago],
});

const journal = (node: string, ...ago: readonly number[]): Said => ({
  job: 'journal',
  labels: { node, unit: 'kubelet.service' },
  metadata: { identifier: 'kubelet' },
  line: 'a line',
  ago,
});

// The quiet moment is the earlier one, 11 minutes before.
describeLogRules(group, [
  {
    alert: 'LogsSilent',
    title:
      'fires for a server without a line for 5 minutes, and for a node without one for half an hour',
    lines: [
      access('apache', 301),
      access('nginx', 299),
      access('sample-app', 299),
      journal('silent', 1801, 1805),
      journal('rare', 1799),
    ],
    fires: [
      { labels: { job: 'web-access', namespace: 'web', app: 'apache' }, value: 1 },
      { labels: { node: 'silent' }, value: 2 },
    ],
  },
  {
    alert: 'LogsSilent',
    title: 'is quiet while all speak, if rarely',
    lines: [
      ...servers.map((app) => access(app, 299)),
      journal('other', 1100),
      journal('another', 1000, 10),
    ],
    fires: [],
  },
]);
