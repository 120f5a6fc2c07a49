import { alertsOf } from '../../../../constructs/prometheus/rules';
import { delivery } from '../../../../constructs/prometheus/rules/delivery';
import { parseSettings } from '../../../../constructs/settings';
import { fires, quiet } from '../../../support/rule-scenarios';
import { describeRules } from '../../../support/rule-tests';

const group = delivery(parseSettings({}));

const of = (metric: string, destination: string, pod = 'alert-router-a'): string =>
  `alert_router_${metric}{job="alert-router",instance="${pod}",destination="${destination}"}`;
const router = (metric: string, labels = ''): string =>
  `${metric}{job="alert-router",instance="alert-router-a"${labels}}`;

describeRules(group, [
  fires(group, 'RouterDestinationUnhealthy', {
    title: 'fires after 2 minutes, and never for what is parked',
    series: {
      [of('destination_healthy', 'general')]: '0x10',
      [of('destination_parked', 'general')]: '0x10',
      [of('destination_healthy', 'mail')]: '0x10',
      [of('destination_parked', 'mail')]: '1x10',
      [of('destination_healthy', 'node')]: '1x10',
      [of('destination_parked', 'node')]: '0x10',
    },
    quietAt: '1m',
    firesAt: '2m',
    about: [{ labels: { destination: 'general' } }],
  }),
  fires(group, 'RouterBacklog', {
    title: 'fires above 5 minutes, but not for what is parked, or told to be unhealthy',
    series: {
      [of('outbox_oldest_seconds', 'general')]: '301x10',
      [of('destination_healthy', 'general')]: '1x10',
      [of('outbox_oldest_seconds', 'container')]: '300x10',
      [of('destination_healthy', 'container')]: '1x10',
      [of('outbox_oldest_seconds', 'mail')]: '9999x10',
      [of('destination_parked', 'mail')]: '1x10',
      [of('outbox_oldest_seconds', 'node')]: '9999x10',
      [of('destination_healthy', 'node')]: '0x10',
    },
    quietAt: '0m',
    firesAt: '1m',
    about: [{ labels: { destination: 'general' }, value: '5m 1s' }],
  }),
  fires(group, 'RouterDeadLetters', {
    title: 'fires with the first one, be there others or none before',
    series: {
      [of('dead_letters', 'general')]: '2x99 3x100',
      [of('dead_letters', 'mail')]: '_x100 1x100',
      [of('dead_letters', 'node')]: '5x200',
    },
    quietAt: '99m',
    firesAt: '100m',
    about: [
      { labels: { destination: 'general' }, value: '3' },
      { labels: { destination: 'mail' }, value: '1' },
    ],
  }),
  fires(group, 'RouterDeadLetters', {
    title: 'fires for an hour',
    series: { [of('dead_letters', 'general')]: '2x99 3x100' },
    firesAt: '159m',
    about: [{ labels: { destination: 'general' }, value: '3' }],
  }),
  quiet(group, 'RouterDeadLetters', {
    title: 'about what waited too long for a destination that is parked',
    series: {
      [of('dead_letters', 'mail')]: '0x9 1x20',
      [of('destination_parked', 'mail')]: '1x30',
    },
    at: ['10m', '20m'],
  }),
  quiet(group, 'RouterDeadLetters', {
    title: 'after an hour, and about old ones in a new pod',
    series: {
      [of('dead_letters', 'general')]: '2x99 3x100',
      [of('dead_letters', 'mail', 'alert-router-a')]: '1x99 stale',
      [of('dead_letters', 'mail', 'alert-router-b')]: '_x100 1x100',
    },
    at: ['160m', '170m'],
  }),
  fires(group, 'RouterRefusing', {
    title: 'fires when a 5xx was among the answers for 3 minutes',
    series: {
      [router('alert_router_webhook_requests_total', ',code="200"')]: '0+10x20',
      [router('alert_router_webhook_requests_total', ',code="400"')]: '0+10x20',
      [router('alert_router_webhook_requests_total', ',code="503"')]: '0x2 1+1x20',
    },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: {}, value: '0.02' }],
  }),
  quiet(group, 'RouterRefusing', {
    title: 'about the one 503 of a restart',
    series: { [router('alert_router_webhook_requests_total', ',code="503"')]: '0x2 1x20' },
    at: ['5m', '6m', '7m'],
  }),
  fires(group, 'RouterTruncated', {
    title: 'fires with the first alert that was left out',
    series: { [router('alert_router_truncated_alerts_total')]: '0x5 3x20' },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: {}, value: '3' }],
  }),
  fires(group, 'RouterStoreUnwritable', {
    title: 'fires after 1 minute',
    series: { [router('alert_router_store_writable')]: '1x5 0x20' },
    quietAt: '6m',
    firesAt: '7m',
    about: [{ labels: {} }],
  }),
  fires(group, 'RouterStoreCorrupt', {
    title: 'fires at once',
    series: { [router('alert_router_store_corrupt_total')]: '0x5 1x20' },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: {}, value: '1' }],
  }),
  fires(group, 'ReconcilerFailing', {
    title: 'fires 5 minutes after the last comparison that succeeded',
    series: {
      [router('alert_router_reconcile_success')]: '1x4 0x20',
      [router('process_start_time_seconds')]: '0x40',
    },
    quietAt: '8m',
    firesAt: '9m',
    about: [{ labels: {} }],
  }),
  fires(group, 'ReconcilerFailing', {
    title: 'fires 5 minutes after a start without one',
    series: {
      [router('alert_router_reconcile_success')]: '0x20',
      [router('process_start_time_seconds')]: '0x40',
    },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: {} }],
  }),
  fires(group, 'HeartbeatMissing', {
    title: 'fires 2 minutes after the last heartbeat is older than 5 minutes',
    // The last one at 5 minutes.
    series: {
      [router('alert_router_heartbeat_timestamp_seconds')]: '0+60x5 300x30',
      [router('process_start_time_seconds')]: '0x40',
    },
    quietAt: '12m',
    firesAt: '13m',
    about: [{ labels: {}, value: '8m 0s' }],
  }),
  quiet(group, 'HeartbeatMissing', {
    title: 'within 5 minutes of a start, when there was none yet',
    // Started at 20 minutes; the first heartbeat is 7 minutes late.
    series: {
      [router('alert_router_heartbeat_timestamp_seconds')]: '_x20 0x6 1620+60x30',
      [router('process_start_time_seconds')]: '_x20 1200x40',
    },
    at: ['22m', '25m', '27m', '40m'],
  }),
]);

test('the heartbeat may be as late as the router itself allows', () => {
  const rules = alertsOf(delivery(parseSettings({ alertRouter: { heartbeatTimeout: '10m' } })));

  expect(rules.find(({ alert }) => alert === 'HeartbeatMissing')?.expr).toContain('> 600');
});
