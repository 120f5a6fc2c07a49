import { audited, onceEach } from '../../../loki/selectors';
import { thresholds, type StatBuilder, type TableBuilder } from '../common';
import { NO_AUDIT_LOG, lineCount, mostFrequent } from '../log-panels';

/** What the API server's audit log holds of who entered pods, read Secrets and changed rights. */
export const audit = (): readonly (StatBuilder | TableBuilder)[] => [
  ...counts(),
  podAccess(),
  secretReads(),
  rbacChanges(),
  refused(),
  changes(),
  anonymous(),
];

/** A count of nothing is zero, whether nothing happened or no one wrote it down. */
const UNKNOWN = 'Zero also where the API server keeps no audit log.';

const counts = (): StatBuilder[] =>
  [
    lineCount({
      title: 'Pods entered',
      description: `Commands run in a pod, consoles attached and ports forwarded in the time shown; \`vigil open\` forwards ports. ${UNKNOWN}`,
      alerts: ['ExecIntoPod', 'TunnelByUnknown'],
      thresholds: thresholds.zeroIsCalm,
      lines: onceEach(audited.podAccess),
    }),
    lineCount({
      title: 'Secrets read',
      description: `Reads of Secrets in the time shown, without those of kubelets for their own pods and of the certificate-controller. ${UNKNOWN}`,
      alerts: ['SecretReadByUnknown'],
      thresholds: thresholds.none,
      lines: onceEach(audited.secretReads),
    }),
    lineCount({
      title: 'Rights changed',
      description: `Changes of roles and their bindings in the time shown; an \`apply\` of ours is one. ${UNKNOWN}`,
      alerts: ['RbacChanged'],
      thresholds: thresholds.zeroIsCalm,
      lines: onceEach(audited.rbacChanges),
    }),
    lineCount({
      title: 'Anonymous requests',
      description: `Requests to the API server without any credentials in the time shown, those about its health left out. ${UNKNOWN}`,
      alerts: ['AnonymousAccess'],
      thresholds: thresholds.zeroIsCalm,
      lines: onceEach(audited.anonymous),
    }),
  ].map((panel) => panel.span(6));

const podAccess = (): TableBuilder =>
  mostFrequent({
    title: 'Pods entered, by user',
    description:
      'Who entered which pod, how, and whether the API server let them: 101 and 2xx is yes.',
    alerts: ['ExecIntoPod', 'TunnelByUnknown'],
    emptyWhenWell: 'nobody has entered a pod',
    lines: onceEach(audited.podAccess),
    by: ['user', 'subresource', 'object_namespace', 'object_name', 'code'],
    counted: 'requests',
  });

const secretReads = (): TableBuilder =>
  mostFrequent({
    title: 'Secrets read, by user',
    description:
      'Who read which Secret. A `list` has no name: it shows all of a namespace at once.',
    alerts: ['SecretReadByUnknown'],
    emptyWhenWell: 'nobody has read a Secret',
    lines: onceEach(audited.secretReads),
    by: ['user', 'verb', 'object_namespace', 'object_name', 'code'],
    counted: 'reads',
  });

const rbacChanges = (): TableBuilder =>
  mostFrequent({
    title: 'Rights changed, by user',
    description: 'Who gave or took rights: changes of roles and of their bindings.',
    alerts: ['RbacChanged'],
    emptyWhenWell: 'no right was given or taken',
    lines: onceEach(audited.rbacChanges),
    by: ['user', 'verb', 'resource', 'object_name', 'code'],
    counted: 'changes',
  });

const refused = (): TableBuilder =>
  mostFrequent({
    title: 'Refused by the API server, by user',
    description:
      'Requests for which someone had no credentials (401) or no right (403): a part that lacks a role, or someone who tries doors.',
    emptyWhenWell: 'no request that is logged was refused',
    lines: onceEach(audited.refused),
    by: ['user', 'verb', 'resource', 'object_namespace', 'code'],
    counted: 'requests',
  });

const changes = (): TableBuilder =>
  mostFrequent({
    title: 'Changes, by user',
    description: 'Who changes what in the cluster: controllers all the time, people now and then.',
    emptyWhenWell: NO_AUDIT_LOG,
    lines: onceEach(audited.changes),
    by: ['user', 'verb', 'resource', 'subresource'],
    counted: 'changes',
  });

const anonymous = (): TableBuilder =>
  mostFrequent({
    title: 'Anonymous requests, by address',
    description: 'What was asked of the API server without any credentials, and from where.',
    alerts: ['AnonymousAccess'],
    emptyWhenWell: 'nobody has asked without credentials',
    lines: onceEach(audited.anonymous),
    by: ['source_ip', 'verb', 'resource', 'code'],
    counted: 'requests',
  });
