import { application } from '../../../../constructs/loki/rules/application';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';
import { describeLogRules, times, type Said } from '../../../support/log-rule-tests';

const settings = parseSettings({});
const group = application(settings, buildTopology(settings));

const says = (app: string, level: string, count: number, namespace = 'shop'): Said => ({
  job: 'container',
  labels: { namespace, app, container: app, node: 'worker' },
  metadata: { pod: `${app}-1`, level },
  line: JSON.stringify({ level, msg: 'no stock' }),
  ago: times(count),
});

describeLogRules(group, [
  {
    alert: 'ApplicationErrors',
    title: 'fires for an app with 10 lines of level error or critical',
    lines: [
      says('checkout', 'error', 9),
      says('checkout', 'critical', 1),
      says('cart', 'error', 9),
      says('sample-app', 'error', 11, 'web'),
    ],
    fires: [
      { labels: { namespace: 'shop', app: 'checkout' }, value: 10 },
      { labels: { namespace: 'web', app: 'sample-app' }, value: 11 },
    ],
  },
  {
    alert: 'ApplicationErrors',
    title: 'is quiet about warnings, the cluster, the stack, and what is 5 minutes old',
    lines: [
      says('checkout', 'warning', 50),
      says('etcd', 'error', 50, 'kube-system'),
      says('prometheus', 'error', 50, 'monitoring'),
      says('cadvisor', 'error', 50, 'agents'),
      says('certificate-controller', 'error', 50, 'vigil-system'),
      { ...says('cart', 'error', 0), ago: times(50, 301) },
    ],
    fires: [],
  },
]);
