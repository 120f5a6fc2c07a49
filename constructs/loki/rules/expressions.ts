import type { Settings } from '../../settings';

/** Bounds of the alerts from logs, as the settings have them. */
export type Limits = Settings['thresholds']['logs'];

/** A part of LogQL that selects lines, and the labels by which they are told apart. */
export interface Lines {
  readonly lines: string;
  /** Labels, such as `namespace, app`. */
  readonly by: string;
}

/**
 * How many lines there were.
 *
 * @param window duration that is looked back
 * @param ago duration before the present at which the window ends. Default: it ends now
 */
export const countOf = ({ lines, by }: Lines, window: string, ago?: string): string =>
  `sum by (${by}) (count_over_time(${lines} [${window}]${ago === undefined ? '' : ` offset ${ago}`}))`;

/** Milliseconds since 1970 at which a line was written, as its value. */
const TIME = '| label_format at=`{{ __timestamp__ | unixEpochMillis }}` | unwrap at';

/** Time in which a success after failures is told; each line of it is read every time. */
const TOLD = '2m';

interface LoginAfterFailures extends Lines {
  /** Lines of logins that succeeded; `lines` are those that failed. */
  readonly succeeded: string;
  /** How many failed, within `window`. */
  readonly failures: string;
  readonly window: string;
  readonly least: number;
}

/** How many logins failed, where there were at least so many and one succeeded after the first of them. */
export function loginAfterFailures(props: LoginAfterFailures): string {
  const { lines, by, succeeded, failures, window, least } = props;
  const first = `min_over_time(${lines} ${TIME} [${window}]) by (${by})`;
  const last = `max_over_time(${succeeded} ${TIME} [${TOLD}]) by (${by})`;
  return `${failures} >= ${least} and ${last} > ${first}`;
}
