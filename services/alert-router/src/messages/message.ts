import type { Alert, Labels } from '../model';
import { identityOf, identityFields } from './identity';
import { type Link, type LinkBases, waysOn } from './links';
import { storyOf, type Story, type Telling } from './telling';
import { clean } from './text';
import { guidanceOf, RESOLVED, TEST } from './texts';
import { duration } from './time';

/** What a message looks like at a glance; its colour. */
export type Tone = 'critical' | 'warning' | 'info' | 'resolved';

/** What is said of one alert, before any format: clean text, not yet escaped. */
export interface Card {
  readonly tone: Tone;
  readonly story: Story;
  /** The alert's name. */
  readonly name: string;
  readonly service: string;
  /** What tells it from others of its name; may be empty. */
  readonly identity: string;
  /** `Firing`, `Resolved`, `Still firing` … */
  readonly status: string;
  readonly severity: string;
  readonly summary: string;
  readonly description: string;
  readonly impact: string;
  readonly action: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly links: readonly Link[];
  /** How to get there, where no link can be made. */
  readonly hints: readonly string[];
  /** What is unusual about this message, such as `delayed 42 min`. */
  readonly remarks: readonly string[];
}

/** What the describing needs besides the alert; `now` in milliseconds since the Unix epoch. */
export interface Circumstances {
  readonly links: LinkBases;
  readonly now: number;
}

/** Later than this, a message says how late it is; milliseconds. */
const STALE_AFTER_MS = 30 * 60_000;

const STATUS: Readonly<Record<Story, string>> = {
  firing: 'Firing',
  reminder: 'Still firing',
  resolved: 'Resolved',
  'fired-and-resolved': 'Fired and resolved',
  test: 'Test',
  notice: 'Notice',
};

/** What there is to say of an alert. */
export function describe(telling: Telling, { links, now }: Circumstances): Card {
  const { alert } = telling.told;
  const { labels, annotations, endsAt } = alert;
  const story = storyOf(telling);
  return {
    tone: toneOf(story, labels['severity']),
    story,
    name: clean(labels['alertname'] ?? '') || 'Alert without a name',
    service: serviceOf(alert),
    identity: identityOf(labels),
    status: STATUS[story],
    severity: clean(labels['severity'] ?? '') || 'no severity',
    ...wordsOf(annotations),
    ...guidance(story, alert),
    startedAt: startOf(telling),
    endedAt: alert.status === 'resolved' ? endsAt : undefined,
    fields: identityFields(labels),
    ...waysOn(annotations, links),
    remarks: remarksOf(telling, now),
  };
}

/** The colour that is the most urgent. */
export function worstTone(tones: Iterable<Tone>): Tone {
  const present = new Set(tones);
  return TONES.find((tone) => present.has(tone)) ?? 'info';
}

/** Most urgent first. */
export const TONES: readonly Tone[] = ['critical', 'warning', 'info', 'resolved'];

function toneOf(story: Story, severity: string | undefined): Tone {
  if (story === 'resolved' || story === 'fired-and-resolved') return 'resolved';
  if (story === 'test') return 'info';
  return severity === 'critical' || severity === 'warning' ? severity : 'info';
}

/** What the rule's author wrote. */
function wordsOf(annotations: Labels): Pick<Card, 'summary' | 'description'> {
  const summary = clean(annotations['summary'] ?? annotations['message'] ?? '');
  const description = clean(annotations['description'] ?? '');
  if (summary === '') return { summary: description || 'No summary was given.', description: '' };
  return { summary, description: description === summary ? '' : description };
}

function serviceOf({ labels }: Alert): string {
  const names = [labels['service'], labels['job'], labels['namespace']];
  return names.map((name) => clean(name ?? '')).find((name) => name !== '') ?? 'unnamed service';
}

function guidance(
  story: Story,
  { labels, annotations }: Alert,
): { impact: string; action: string } {
  if (story === 'test') return TEST;
  if (story === 'resolved' || story === 'fired-and-resolved') return RESOLVED;
  const general = guidanceOf(labels['category']);
  return {
    impact: clean(annotations['impact'] ?? '') || general.impact,
    action: clean(annotations['action'] ?? '') || general.action,
  };
}

/** When the first thing began that this telling stands for. */
function startOf({ told, coalesced }: Telling): number {
  if (told.alert.status === 'firing') return told.alert.startsAt;
  const firings = coalesced.filter(({ alert }) => alert.status === 'firing');
  return Math.min(...[...firings, told].map(({ alert }) => alert.startsAt));
}

function remarksOf({ told, coalesced }: Telling, now: number): string[] {
  const remarks: string[] = [];
  const since = told.reconciled ? (told.alert.endsAt ?? told.alert.startsAt) : told.acceptedAt;
  const late = now - since;
  if (told.reconciled || late > STALE_AFTER_MS) remarks.push(`delayed ${duration(late)}`);
  if (told.reconciled) remarks.push('found by comparing with Alertmanager');
  const ends = coalesced.filter(({ kind }) => kind === 'resolved').length;
  if (ends > 0) remarks.push(`resolved ${ends === 1 ? 'once' : `${ends} times`} in between`);
  return remarks;
}
