import { alert, type Alert, type AlertProps, type RuleGroup } from '../../prometheus/rules/rule';
import type { Settings } from '../../settings';
import type { Topology } from '../../topology';
import { audited } from '../selectors';
import { streams } from '../streams';
import { literally, notBy, ours, ROLE_CONTROLLERS, SYSTEM } from './identities';

/**
 * What the API server's audit log says about people and programs that do what few should. Quiet where no such log is
 * collected. What is written depends on the policy; `vigil up` gives its own to the clusters that it makes.
 */
export const clusterAudit = ({ thresholds: { logs } }: Settings, topology: Topology): RuleGroup => {
  const { window } = logs;
  const administrators = logs.administrators.map(literally);
  return {
    name: 'cluster-audit',
    rules: [
      execIntoPod(window),
      tunnelByUnknown(window, [...administrators, ...ours(topology, 'prometheus')]),
      secretReadByUnknown(window, [
        ...administrators,
        ...SYSTEM,
        ...ours(topology, 'certificateController'),
      ]),
      rbacChanged(window, [...administrators, ...ROLE_CONTROLLERS]),
      anonymousAccess(window),
    ],
  };
};

/** Requests that were granted; 101 is how a stream begins. */
const GRANTED = '| code=~"101|2.."';

/** The API server's own names for what was acted on, as labels that other alerts have. */
const NAMES = '| label_format namespace=object_namespace, pod=object_name, client=source_ip';

/** A request of some length is written when it begins and when it ends, under one id. */
const ID = '| regexp `"auditID":"(?P<id>[^"]+)"`';

/** How many requests there were. */
const requests = (lines: string, by: string, window: string): string =>
  `count by (${by}) (sum by (${by}, id) (count_over_time(${lines} ${GRANTED} ${NAMES} ${ID} [${window}]))) > 0`;

const auditAlert = (props: Omit<AlertProps, 'for' | 'service' | 'category'>): Alert =>
  alert({ ...props, for: '0s', service: 'api-server', category: 'log' });

/** Everyone, for nothing that runs well needs it; and who may do so can read what the pod can. */
const execIntoPod = (window: string): Alert =>
  auditAlert({
    name: 'ExecIntoPod',
    expr: requests(
      `${audited.podAccess} | subresource=~"exec|attach|ephemeralcontainers"`,
      'user, namespace, pod',
      window,
    ),
    severity: 'warning',
    summary: '{{ $labels.user }} has entered pod {{ $labels.namespace }}/{{ $labels.pod }}.',
    description: `{{ $value }} times within ${window}, by exec, attach or a debug container.`,
  });

const tunnelByUnknown = (window: string, known: readonly string[]): Alert =>
  auditAlert({
    name: 'TunnelByUnknown',
    expr: requests(
      `${streams('audit')} | subresource=~"portforward|proxy" ${notBy(known)}`,
      'user, namespace, resource, pod',
      window,
    ),
    severity: 'warning',
    summary: '{{ $labels.user }} has opened a tunnel into the cluster.',
    description: `{{ $value }} requests within ${window} through port-forward or proxy to {{ $labels.pod }} ({{ $labels.resource }}).`,
  });

const secretReadByUnknown = (window: string, known: readonly string[]): Alert =>
  auditAlert({
    name: 'SecretReadByUnknown',
    expr: requests(`${audited.secretReads} ${notBy(known)}`, 'user, namespace', window),
    severity: 'critical',
    summary: '{{ $labels.user }} has read Secrets.',
    description: `{{ $value }} requests within ${window}, in {{ or $labels.namespace "all namespaces" }}.`,
  });

const rbacChanged = (window: string, known: readonly string[]): Alert =>
  auditAlert({
    name: 'RbacChanged',
    expr: requests(`${audited.rbacChanges} ${notBy(known)}`, 'user, namespace', window),
    severity: 'warning',
    summary: '{{ $labels.user }} has changed who may do what.',
    description: `{{ $value }} changes of roles or bindings within ${window}, in {{ or $labels.namespace "all namespaces" }}.`,
  });

/** What the API server tells everyone: whether it is well, and to new nodes (kubeadm) which cluster it is. */
const PUBLIC =
  '!~ `"requestURI":"/(?:healthz|livez|readyz|version)[/?"]`' +
  ' | (object_namespace!="kube-public" or object_name!="cluster-info")';

const anonymousAccess = (window: string): Alert =>
  auditAlert({
    name: 'AnonymousAccess',
    expr: requests(`${audited.anonymous} ${PUBLIC}`, 'client, resource', window),
    severity: 'critical',
    summary: 'The API server answers strangers, such as {{ $labels.client }}.',
    description: `{{ $value }} requests without any credential were granted within ${window}, about {{ or $labels.resource "the server itself" }}.`,
  });
