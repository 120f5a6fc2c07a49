/** The parts of Alertmanager's configuration that we write, in its own spelling. */
export interface AlertmanagerConfig {
  readonly route: {
    readonly receiver: string;
    readonly group_by: readonly string[];
    readonly group_wait: string;
    readonly group_interval: string;
    readonly repeat_interval: string;
  };
  readonly inhibit_rules: readonly {
    readonly source_matchers: readonly string[];
    readonly target_matchers: readonly string[];
    readonly equal: readonly string[];
  }[];
  readonly receivers: readonly { readonly name: string }[];
}

/**
 * Alerts are grouped, inhibited, silenced and shown; `held` delivers nowhere, so that they wait in Alertmanager until
 * a receiver exists.
 */
export const alertmanagerConfig = (): AlertmanagerConfig => ({
  route: {
    receiver: 'held',
    group_by: ['alertname', 'service'],
    group_wait: '10s',
    group_interval: '1m',
    repeat_interval: '4h',
  },
  inhibit_rules: [
    {
      source_matchers: ['severity="critical"'],
      target_matchers: ['severity="warning"'],
      equal: ['service', 'category', 'instance'],
    },
  ],
  receivers: [{ name: 'held' }],
});
