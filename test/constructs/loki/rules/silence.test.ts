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

const audit = (...ago: readonly number[]): Said => ({
  job: 'audit',
  labels: { node: 'control-plane' },
  metadata: { verb: 'watch', resource: 'secrets' },
  line: '{}',
  ago,
});

const HOUR = 3600;

// The quiet moment is the earlier one, 11 minutes before.
describeLogRules(group, [
  {
    alert: 'LogsSilent',
    title:
      'fires for servers without a line for 5 minutes, for nodes and the API server without one for half an hour, and still after hours',
    lines: [
      ...servers.map((app) => access(app, 301)),
      journal('silent', 1801, 1805),
      journal('rare', 1799),
      journal('for-three-hours', 3 * HOUR + 10, 3 * HOUR + 20),
      journal('for-a-day', 24 * HOUR + 10),
      // Not within the half hour of the quiet moment, whose line is the second of the hour.
      audit(2461),
    ],
    fires: [
      ...servers.map((app) => ({
        labels: { job: 'web-access', namespace: 'web', app },
        value: 1,
      })),
      { labels: { node: 'silent' }, value: 2 },
      { labels: { node: 'for-three-hours' }, value: 2 },
      { labels: { node: 'for-a-day' }, value: 1 },
      { labels: { job: 'audit' }, value: 2 },
    ],
  },
  {
    alert: 'LogsSilent',
    title: 'is quiet while all speak, if rarely, and about a node that was seen last before a day',
    lines: [
      ...servers.map((app) => access(app, 299)),
      journal('other', 1100),
      journal('another', 1000, 10),
      journal('gone', 24 * HOUR + 310),
      audit(1799),
    ],
    fires: [],
  },
]);
