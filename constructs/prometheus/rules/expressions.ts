import { seconds, type Settings } from '../../settings';

interface ShareProps {
  /** Counter of what is bad, and of everything. */
  readonly part: string;
  readonly whole: string;
  /** Time over which both are counted. */
  readonly window: string;
  /** Labels that stay. */
  readonly by: string;
  /** Percent of the whole above which it fires. */
  readonly above: number;
  /** Per second: what happens less often is never told, because a share of nearly nothing means nothing. */
  readonly floor: number;
}

/** The percentage of `part` in `whole`, where it is above its bound. */
export function shareAbove({ part, whole, window, by, above, floor }: ShareProps): string {
  const rate = (counter: string): string => `sum by (${by}) (rate(${counter}[${window}]))`;
  return `100 * ${rate(part)} / ${rate(whole)} > ${above} and ${rate(part)} > ${floor}`;
}

/** How long something took on average of 10 minutes, in seconds. */
export const mean = (histogram: string, selector: string, by: string): string =>
  `sum by (${by}) (rate(${histogram}_sum${selector}[10m]))` +
  ` / sum by (${by}) (rate(${histogram}_count${selector}[10m]))`;

/**
 * Seconds over which a rate is taken: what the settings say, but so many scrapes at least.
 *
 * @param window duration
 */
export const windowOf = (
  window: string,
  scrapes: number,
  { scrapeInterval }: Pick<Settings['prometheus'], 'scrapeInterval'>,
): number => Math.max(seconds(window), scrapes * seconds(scrapeInterval));
