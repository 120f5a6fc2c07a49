import type { QueryVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { choice, chosen } from '../frame';

const DESTINATION_VARIABLE = 'destination';

/** Where alerts go. Each destination tells whether it is parked, and only one that is not how it fares. */
export const destinationVariable = (): QueryVariableBuilder =>
  choice({
    name: DESTINATION_VARIABLE,
    label: 'Destination',
    of: 'alert_router_destination_parked',
  });

/** The selector of the chosen destinations, with further matchers behind it. */
export const toDestination = (...matchers: readonly string[]): string =>
  `{${[chosen(DESTINATION_VARIABLE), ...matchers].join(',')}}`;

/**
 * Time within which a share of what a histogram counted in the last hour was done, in seconds; zero where it counted
 * nothing, for few alerts are the rule.
 */
export const quantile = (share: number, histogram: string): string =>
  `histogram_quantile(${share}, sum by (le) (increase(${histogram}_bucket[1h]))) > 0 or vector(0)`;

/** The shares that are shown. */
export const SHARES = [0.5, 0.95] as const;

/** Name of a share for people. */
export const percent = (share: number): string => `${100 * share} %`;
