import { doors } from '../../../../constructs/loki/rules/doors';
import { parseSettings } from '../../../../constructs/settings';
import { describeLogRules, type Said } from '../../../support/log-rule-tests';

const line = (labels: Said['labels'], fields: object, ago: readonly number[] = [30]): Said => ({
  job: 'container',
  labels: { node: 'a', ...labels },
  line: JSON.stringify(fields),
  ago,
});

/** As nginx writes it (constructs/kubernetes/nginx.ts). */
const refused = (more: object = {}): object => ({
  level: 'warning',
  msg: 'request not allowed',
  client: '10.244.0.9',
  subject: 'CN=grafana.monitoring.svc',
  verified: 'SUCCESS',
  method: 'POST',
  path: '/loki/api/v1/push',
  status: 403,
  ...more,
});

const loki = { namespace: 'monitoring', app: 'loki', container: 'tls-proxy' };
const router = { namespace: 'monitoring', app: 'alert-router', container: 'alert-router' };
const containerd = { namespace: 'agents', app: 'cadvisor', container: 'containerd-proxy' };

const controller = {
  namespace: 'vigil-system',
  app: 'certificate-controller',
  container: 'certificate-controller',
};
const sampleApp = { namespace: 'web', app: 'sample-app', container: 'sample-app' };

/** As services/shared/refusals.ts writes it. */
const notTheirs = {
  level: 'warn',
  identity: 'spiffe://vigil/ns/monitoring/sa/grafana',
  client: '10.244.0.9',
  method: 'POST',
  path: '/hooks',
  msg: 'identity not allowed',
};

const call = (method: string): object =>
  refused({
    client: 'unix:',
    subject: '',
    verified: 'NONE',
    path: `/containerd.services.${method}`,
  });

describeLogRules(doors(parseSettings({})), [
  {
    alert: 'IdentityNotAllowed',
    title:
      'fires for a certificate of ours where it has no business, at proxies and our own programs',
    lines: [
      line(loki, refused(), [30, 40]),
      ...[router, controller, sampleApp].map((one) => line(one, notTheirs)),
    ],
    fires: [
      {
        labels: { namespace: 'monitoring', app: 'loki', who: 'CN=grafana.monitoring.svc' },
        value: 2,
      },
      ...[router, controller, sampleApp].map(({ namespace, app }) => ({
        labels: { namespace, app, who: notTheirs.identity },
        value: 1,
      })),
    ],
  },
  {
    alert: 'IdentityNotAllowed',
    title: 'is quiet about strangers, other people’s pods, other lines, and after 5 minutes',
    lines: [
      line(loki, refused({ subject: '', verified: 'NONE', status: 400 })),
      line(loki, refused({ verified: 'FAILED:self-signed certificate', status: 400 })),
      line({ ...loki, namespace: 'shop' }, refused()),
      line({ ...loki, container: 'loki' }, refused()),
      line(loki, { ...refused(), msg: 'fine' }),
      line(sampleApp, { level: 'WARNING', client: '10.244.0.9', msg: 'TLS handshake error' }),
      line({ ...loki, node: 'b' }, refused(), [301]),
    ],
    fires: [],
  },
  {
    alert: 'ContainerdCallNotAllowed',
    title: 'fires for each node and call',
    lines: [
      line(containerd, call('containers.v1.Containers/Create'), [30, 40]),
      line({ ...containerd, node: 'b' }, call('tasks.v1.Tasks/Exec')),
    ],
    fires: [
      {
        labels: { node: 'a', path: '/containerd.services.containers.v1.Containers/Create' },
        value: 2,
      },
      { labels: { node: 'b', path: '/containerd.services.tasks.v1.Tasks/Exec' }, value: 1 },
    ],
  },
  {
    alert: 'ContainerdCallNotAllowed',
    title: 'is quiet about the proxy’s other lines, other containers, and after 5 minutes',
    lines: [
      line(containerd, { level: 'info', msg: 'something else', path: '/x' }),
      line({ ...containerd, container: 'cadvisor' }, call('tasks.v1.Tasks/Exec')),
      line({ ...containerd, node: 'c' }, call('tasks.v1.Tasks/Exec'), [301]),
    ],
    fires: [],
  },
]);
