import { clientTls, type ClientTlsConfig } from '../kubernetes';
import { seconds, type Settings } from '../settings';
import type { Topology } from '../topology';

/** A route, in Alertmanager's own spelling. */
export interface AlertmanagerRoute {
  readonly receiver: string;
  readonly matchers?: readonly string[];
  readonly group_by?: readonly string[];
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly routes?: readonly AlertmanagerRoute[];
}

export interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

interface WebhookReceiver {
  readonly name: string;
  readonly webhook_configs: readonly {
    readonly url: string;
    readonly send_resolved: boolean;
    readonly max_alerts: 0;
    readonly timeout: string;
    readonly http_config: {
      readonly tls_config: ClientTlsConfig;
      readonly follow_redirects: false;
    };
  }[];
}

/** The parts of Alertmanager's configuration that we write. */
export interface AlertmanagerConfig {
  readonly route: AlertmanagerRoute;
  readonly inhibit_rules: readonly InhibitRule[];
  readonly receivers: readonly WebhookReceiver[];
}

/** Names of the receivers: one for what people are told, one for the sign of life. */
export const RECEIVERS = { alerts: 'alert-router', heartbeat: 'heartbeat' } as const;

/**
 * Makes one every 30 seconds: a group is looked at each 15, and repeated when more than 20 have passed. Shorter than the
 * heartbeat's timeout by far, so that one lost notification alarms no one.
 */
const HEARTBEAT = { group_wait: '0s', group_interval: '15s', repeat_interval: '20s' } as const;

/**
 * Alertmanager groups, inhibits, silences and hands over; who is told what is the alert-router's business. Both
 * receivers are the router, reached over mutual TLS.
 */
export function alertmanagerConfig(settings: Settings, topology: Topology): AlertmanagerConfig {
  const { groupWait, groupInterval } = settings.alertmanager;
  return {
    route: {
      receiver: RECEIVERS.alerts,
      group_by: ['alertname', 'service', 'namespace', 'node'],
      group_wait: groupWait,
      group_interval: groupInterval,
      repeat_interval: `${seconds(settings.alertRouter.reminder)}s`,
      routes: [
        {
          receiver: RECEIVERS.heartbeat,
          matchers: ['alertname="Watchdog"'],
          ...HEARTBEAT,
        },
      ],
    },
    inhibit_rules: inhibitRules,
    receivers: [
      receiver(RECEIVERS.alerts, 'webhook', topology),
      receiver(RECEIVERS.heartbeat, 'heartbeat', topology),
    ],
  };
}

/** An alert, those that it explains, and the labels that must be equal for that. */
const explanations: readonly (readonly [string, string, readonly string[]])[] = [
  ['NodeDiskAlmostFull', 'NodeDiskFilling|NodeDiskFullSoon', ['node', 'device']],
  ['CertificateAboutToExpire', 'CertificateExpiring|CertificateRenewalOverdue', ['component']],
  ['AuthorityAboutToExpire', 'AuthorityExpiring', ['role']],
  // Prometheus refuses such a certificate too.
  ['CertificateForeignIssuer', 'TargetDown', ['namespace', 'pod']],
  ['RouterStoreUnwritable', 'RouterRefusing', []],
  // The same errors, counted by the app itself and read in its access log.
  ['WebErrors', 'WebErrorRatio', ['service', 'namespace']],
];

/** What need not be told because something else that is told explains it. */
const inhibitRules: readonly InhibitRule[] = [
  // The same thing, worse.
  {
    source_matchers: ['severity="critical"'],
    target_matchers: ['severity="warning"'],
    equal: ['alertname', 'service', 'namespace', 'node', 'instance'],
  },
  ...explanations.map(([source, targets, equal]) => ({
    source_matchers: [`alertname="${source}"`],
    target_matchers: [`alertname=~"${targets}"`],
    equal,
  })),
  // Nothing on a dead node answers.
  {
    source_matchers: ['alertname="NodeUnreachable"'],
    target_matchers: ['alertname!="NodeUnreachable"', 'node!=""'],
    equal: ['node'],
  },
  // Whoever is not there at all cannot be down as well.
  {
    source_matchers: ['alertname="TargetMissing"'],
    target_matchers: ['alertname="TargetDown"'],
    equal: ['job'],
  },
];

const receiver = (name: string, path: string, topology: Topology): WebhookReceiver => {
  const router = topology.component('alertRouter');
  return {
    name,
    webhook_configs: [
      {
        url: `https://${router.dnsName}:${router.ports.web}/api/v1/${path}`,
        send_resolved: name === RECEIVERS.alerts,
        // A cut body is recorded as notified in full (its notify/webhook), so nothing is cut.
        max_alerts: 0,
        timeout: '10s',
        http_config: { tls_config: clientTls(router.dnsName), follow_redirects: false },
      },
    ],
  };
};
