import * as units from '@grafana/grafana-foundation-sdk/units';
import { thresholds, timeSeries, type TimeSeriesBuilder } from '../common';
import { percentOf, quantile } from './selectors';

/** Name resolution: nothing in the cluster works without it. */
export const coreDns = (): TimeSeriesBuilder[] => [requests(), errors(), latency(), cache()];

const requests = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Queries',
    description: 'Queries by type. Many more AAAA than A are normal, and so are short bursts.',
    unit: units.RequestsPerSecond,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'sum by (type) (rate(coredns_dns_requests_total{job="core-dns"}[$__rate_interval]))',
        legend: '{{type}}',
      },
    ],
  });

const errors = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Queries failed',
    description:
      'Answers that are SERVFAIL, as a share of all. Without a way out of the cluster, names outside of it end so; a name that does not exist is no failure.',
    unit: units.Percent,
    thresholds: thresholds.budget(5),
    alerts: ['CoreDnsErrors'],
    queries: [
      {
        expr: percentOf(
          'coredns_dns_responses_total{job="core-dns",rcode="SERVFAIL"}',
          'coredns_dns_responses_total{job="core-dns"}',
        ),
        legend: 'SERVFAIL',
      },
    ],
  });

const latency = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time of an answer',
    description: 'Time that all but one in twenty answers need; zero while no one asks.',
    unit: units.DurationSeconds,
    thresholds: thresholds.budget(1),
    alerts: ['CoreDnsSlow'],
    queries: [
      {
        expr: `${quantile(0.95, 'coredns_dns_request_duration_seconds_bucket{job="core-dns"}')} >= 0 or vector(0)`,
        legend: '95 %',
      },
    ],
  });

const cache = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Answers from the cache',
    description:
      'The share of queries that the cache could answer. Names of the cluster itself are kept for seconds only, so that it is seldom high.',
    unit: units.Percent,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `100 * (sum(rate(coredns_cache_hits_total{job="core-dns"}[$__rate_interval])) or vector(0)) / ((sum(rate(coredns_cache_hits_total{job="core-dns"}[$__rate_interval])) or vector(0)) + (sum(rate(coredns_cache_misses_total{job="core-dns"}[$__rate_interval])) or vector(0)) > 0) or vector(0)`,
        legend: 'hits',
      },
    ],
  }).max(100);
