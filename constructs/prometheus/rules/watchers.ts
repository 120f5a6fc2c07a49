import type { Topology } from '../../topology';
import { alert, type Alert, type RuleGroup } from './rule';

/** The watchers watched: a heartbeat, targets that do not answer, and targets that are not even there. */
export const watchers = (topology: Topology): RuleGroup => ({
  name: 'watchers',
  rules: [
    alert({
      name: 'Watchdog',
      expr: 'vector(1)',
      for: '0s',
      severity: 'none',
      service: 'prometheus',
      category: 'platform',
      summary: 'The way from Prometheus to Alertmanager is open.',
      description: 'Fires always. Its absence at the far end is the alert.',
    }),
    alert({
      name: 'TargetDown',
      expr: 'up == 0',
      for: '2m',
      severity: 'critical',
      service: '{{ $labels.job }}',
      category: 'platform',
      summary: '{{ $labels.job }} on {{ $labels.instance }} does not answer.',
      description:
        'Prometheus has not reached {{ $labels.instance }} of {{ $labels.job }} for 2 minutes.',
    }),
    ...topology.scrapeJobs.map(({ name }) => targetMissing(name)),
  ],
});

/** `up` of a job without targets has no series at all, so each job of the topology needs a rule of its own. */
const targetMissing = (job: string): Alert =>
  alert({
    name: 'TargetMissing',
    expr: `absent(up{job="${job}"})`,
    for: '2m',
    severity: 'critical',
    service: job,
    category: 'platform',
    summary: `${job} has no targets.`,
    description: `Prometheus has discovered no pod or node for the scrape job ${job} for 2 minutes.`,
  });
