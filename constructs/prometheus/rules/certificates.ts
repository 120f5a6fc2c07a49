import { seconds, type Settings } from '../../settings';
import { EXPIRY_JOB } from '../scrape-jobs';
import { alert, type RuleGroup } from './rule';

const DAY = 86_400;

/**
 * Certificates that end, in proportion to their lifetime: the controller renews at two thirds, so that a sixth left
 * means that renewal has failed for half of the time there was for it.
 */
export function certificates({ certificates: { leafLifetime } }: Settings): RuleGroup {
  const lifetime = seconds(leafLifetime);
  const left = `probe_ssl_earliest_cert_expiry{job="${EXPIRY_JOB}"} - time()`;
  const description =
    'The certificate that {{ $labels.instance }} serves ends in {{ $value | humanizeDuration }}; its lifetime is ' +
    `${Math.round((lifetime / DAY) * 10) / 10} days.`;
  return {
    name: 'certificates',
    rules: [
      alert({
        name: 'CertificateExpiring',
        expr: `${left} < ${Math.round(lifetime / 6)}`,
        for: '5m',
        severity: 'warning',
        service: '{{ $labels.component }}',
        category: 'certificate',
        summary: 'The certificate of {{ $labels.component }} was not renewed in time.',
        description,
      }),
      alert({
        name: 'CertificateAboutToExpire',
        expr: `${left} < ${Math.round(lifetime / 15)}`,
        for: '5m',
        severity: 'critical',
        service: '{{ $labels.component }}',
        category: 'certificate',
        summary: 'The certificate of {{ $labels.component }} is about to end.',
        description,
      }),
    ],
  };
}
