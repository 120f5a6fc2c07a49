import { seconds, type Settings } from '../../settings';
import { EXPIRY_JOB } from '../scrape-jobs';
import { alert, type Alert, type RuleGroup } from './rule';

const DAY = 86_400;

/** Seconds; the probe gives up after 5, so that whatever takes less was refused and not lost. */
const REFUSED_WITHIN = 4;

const ISSUED = 'vigil_certificate_not_after_seconds';

/** Time in which a renewed Secret has reached every pod for sure. */
const arrival = (propagation: number): string =>
  `${Math.max(15, Math.round((2 * propagation) / 60))}m`;

const probe = (metric: string): string => `${metric}{job="${EXPIRY_JOB}"}`;

/** Certificates: how long they last, who issued them, and whether the certificate-controller can do its work. */
export function certificates({ certificates: settings }: Settings): RuleGroup {
  return {
    name: 'certificates',
    rules: [
      ...expiry(seconds(settings.leafLifetime)),
      ...served(seconds(settings.propagation)),
      ...issuing,
      ...authority(seconds(settings.rootLifetime)),
    ],
  };
}

/**
 * Certificates that end, in proportion to their lifetime: the controller renews at two thirds, so that a sixth left
 * means that renewal has failed for half of the time there was for it.
 */
function expiry(lifetime: number): Alert[] {
  const left = `${probe('probe_ssl_earliest_cert_expiry')} - time()`;
  const common = {
    for: '5m',
    service: '{{ $labels.component }}',
    category: 'certificate',
    description:
      'The certificate that {{ $labels.instance }} serves ends in {{ $value | humanizeDuration }}; its lifetime is ' +
      `${days(lifetime)} days.`,
  } as const;
  return [
    alert({
      ...common,
      name: 'CertificateExpiring',
      expr: `${left} < ${Math.round(lifetime / 6)}`,
      severity: 'warning',
      summary: 'The certificate of {{ $labels.component }} was not renewed in time.',
    }),
    alert({
      ...common,
      name: 'CertificateAboutToExpire',
      expr: `${left} < ${Math.round(lifetime / 15)}`,
      severity: 'critical',
      summary: 'The certificate of {{ $labels.component }} is about to end.',
    }),
  ];
}

/**
 * What is served, compared with what was issued. A renewed Secret takes its time to reach the pod, so that only what was
 * issued before that time counts, and an ordinary renewal is not even pending.
 */
const served = (propagation: number): Alert[] => [
  alert({
    name: 'CertificateForeignIssuer',
    // A handshake that fails verification leaves nothing but its failure. What else makes it fail is told apart:
    // packets that are lost, a container that does not run, and, by the time that it takes, one that has just begun.
    expr: [
      `${probe('probe_success')} == 0`,
      `${probe('probe_duration_seconds')} < ${REFUSED_WITHIN}`,
      'on (namespace, pod) min by (namespace, pod) (kube_pod_container_status_running) == 1',
    ].join(' and '),
    for: '2m',
    severity: 'critical',
    service: '{{ $labels.component }}',
    category: 'certificate',
    summary: '{{ $labels.component }} shows a certificate that is not ours.',
    description:
      'For 2 minutes {{ $labels.instance }} has failed the handshake although it runs: its certificate was issued by ' +
      'someone else, or for another name, or it has ended.',
  }),
  alert({
    name: 'CertificateProbeFailing',
    // The instance of a target of ours is the name of its pod.
    expr:
      `${probe('probe_success')} == 0 and on (pod) label_replace(up == 1, "pod", "$1", "instance", "(.+)")` +
      ` or ${probe('up')} == 0 and on () up{job="blackbox-exporter"} == 1`,
    for: '10m',
    severity: 'warning',
    service: '{{ $labels.component }}',
    category: 'certificate',
    summary: 'The certificate of {{ $labels.component }} is not being looked at.',
    description:
      'For 10 minutes no probe of {{ $labels.instance }} has told anything about its certificate.',
  }),
  alert({
    name: 'CertificateNotPickedUp',
    expr:
      `${probe('probe_ssl_earliest_cert_expiry')} != on (component) group_left () (` +
      `max by (component) (${ISSUED}) == max by (component) (${ISSUED} offset ${arrival(propagation)}))`,
    for: '0s',
    severity: 'warning',
    service: '{{ $labels.component }}',
    category: 'certificate',
    summary: '{{ $labels.component }} does not serve the certificate that was issued last.',
    description:
      '{{ $labels.instance }} serves a certificate that ends at {{ $value | humanizeTimestamp }}; the one in its ' +
      'Secret ends at another time.',
  }),
];

/** What the certificate-controller says about its own work. */
const issuing: readonly Alert[] = [
  alert({
    name: 'CertificateControllerError',
    expr: 'max by (reason) (vigil_certificate_controller_error) == 1',
    for: '5m',
    severity: 'warning',
    service: 'certificate-controller',
    category: 'certificate',
    summary: 'The certificate-controller cannot do its work: {{ $labels.reason }}.',
    description:
      'For 5 minutes no certificate could be issued or renewed, because of {{ $labels.reason }}.',
  }),
  alert({
    name: 'CertificateSecretMissing',
    expr: 'max by (component) (vigil_certificate_secret_missing) == 1',
    for: '2m',
    severity: 'critical',
    service: '{{ $labels.component }}',
    category: 'certificate',
    summary: 'The Secret with the certificate of {{ $labels.component }} is gone.',
    description:
      'For 2 minutes {{ $labels.component }} has had no Secret; its running pods go on, a new one cannot start.',
  }),
  alert({
    name: 'CertificateRenewalOverdue',
    expr:
      '100 * max by (component) ((time() - vigil_certificate_not_before_seconds)' +
      ' / vigil_certificate_lifetime_seconds) > 70',
    for: '5m',
    severity: 'warning',
    service: '{{ $labels.component }}',
    category: 'certificate',
    summary: 'The certificate of {{ $labels.component }} should have been renewed by now.',
    description:
      '{{ $value | printf "%.1f" }} % of its lifetime are over; it is renewed at 66.7 % at the latest.',
  }),
];

/** The root: the controller replaces one of its own at two thirds; one that was brought along is up to its owner. */
function authority(lifetime: number): Alert[] {
  const left =
    'max by (role) (vigil_certificate_authority_not_after_seconds{role="active"}) - time()';
  const common = {
    for: '5m',
    service: 'certificate-controller',
    category: 'certificate',
    description:
      'The root that all certificates are issued by ends in {{ $value | humanizeDuration }}, and all of them with it.',
  } as const;
  return [
    alert({
      ...common,
      name: 'AuthorityExpiring',
      expr: `${left} < ${Math.round(lifetime / 6)}`,
      severity: 'warning',
      summary: 'The root was not replaced in time.',
    }),
    alert({
      ...common,
      name: 'AuthorityAboutToExpire',
      expr: `${left} < ${Math.round(lifetime / 15)}`,
      severity: 'critical',
      summary: 'The root is about to end.',
    }),
  ];
}

const days = (duration: number): number => Math.round((duration / DAY) * 10) / 10;
