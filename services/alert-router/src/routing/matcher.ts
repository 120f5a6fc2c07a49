import { RE2JS } from 're2js';
import type { Labels } from '../model';
import { textOf } from './unquote';

/** A matcher that cannot be read; the message is one line. */
export class MatcherError extends Error {}

/** One condition on the labels of an alert. */
export interface Matcher {
  /** As it was written. */
  readonly text: string;
  readonly matches: (labels: Labels) => boolean;
}

/**
 * Alertmanager's notation since 0.27: names and values are quoted, or hold none of its reserved characters
 * (https://prometheus.io/docs/alerting/latest/configuration/#matcher).
 */
const WORD = String.raw`"(?:[^"\\]|\\.)*"|[^\s{}!=~,\\"'\u0060]+`;
const MATCHER = new RegExp(`^\\s*(${WORD})\\s*(=~|!~|!=|=)\\s*(${WORD})\\s*$`, 'u');

/** Values whose verdict of a regular expression is remembered; alerts repeat theirs. */
const REMEMBERED = 1_000;

/**
 * Reads a matcher. Regular expressions are RE2's, as Alertmanager's: they take linear time and must match the whole
 * value. An absent label is an empty one.
 *
 * @throws MatcherError saying what is wrong with it
 */
export function parseMatcher(text: string): Matcher {
  const [, quotedName, operator, quotedValue] = MATCHER.exec(text) ?? [];
  if (quotedName === undefined || quotedValue === undefined) {
    throw new MatcherError(`${text}: not a matcher such as severity="critical" (=, !=, =~ or !~)`);
  }
  const [name, value] = [unquoted(quotedName), unquoted(quotedValue)];
  if (name === '') throw new MatcherError(`${text}: the label has no name`);
  const equal = operator?.endsWith('~') ? wholeMatch(value, text) : (one: string) => one === value;
  const wanted = !operator?.startsWith('!');
  return { text, matches: (labels) => equal(labels[name] ?? '') === wanted };
}

const unquoted = (word: string): string =>
  word.startsWith('"') ? textOf(word.slice(1, -1)) : word;

function wholeMatch(pattern: string, text: string): (value: string) => boolean {
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(pattern);
  } catch (error) {
    throw new MatcherError(`${text}: ${(error as Error).message}`);
  }
  const verdicts = new Map<string, boolean>();
  return (value) => {
    const known = verdicts.get(value);
    if (known !== undefined) return known;
    if (verdicts.size >= REMEMBERED) verdicts.clear();
    const verdict = expression.matches(value);
    verdicts.set(value, verdict);
    return verdict;
  };
}
