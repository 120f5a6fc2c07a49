const selector = (metric: string, matchers: readonly string[]): string =>
  `${metric}{${matchers.join(',')}}`;

/**
 * Alerts of metrics that fire, without the heartbeat.
 *
 * @param matchers of their labels, further ones
 */
export const firing = (matchers: readonly string[] = []): string =>
  selector('ALERTS', ['alertstate="firing"', 'severity!="none"', ...matchers]);

/**
 * Alerts from logs that fire. Prometheus evaluates no rule of theirs, so it knows them from the alert-router, as all
 * others; of those an end is told a moment later than Prometheus has it.
 *
 * @param matchers of `alertname`, `severity`, `category` or `service`
 */
export const firingFromLogs = (matchers: readonly string[] = []): string =>
  `${selector('alert_router_alerts_firing', ['severity!="none"', ...matchers])}` +
  ' unless on (alertname) last_over_time(ALERTS{alertstate="firing"}[5m])';
