import type { Labels } from '../model';
import { clean } from './text';

/** Labels that say what an alert is, not where. */
const WHAT = new Set(['alertname', 'severity', 'service', 'category', 'job', 'cluster']);

/** Labels that people know a thing by, with their names in messages. */
const WHERE: readonly (readonly [label: string, name: string])[] = [
  ['namespace', 'Namespace'],
  ['pod', 'Pod'],
  ['container', 'Container'],
  ['node', 'Node'],
  ['instance', 'Instance'],
  ['persistentvolumeclaim', 'Volume claim'],
  ['device', 'Device'],
  ['mountpoint', 'Mount point'],
];

/** What tells this alert from others of its name: `shop/web-1 (nginx)`, `node-1 /var`, else whatever labels it has. */
export function identityOf(labels: Labels): string {
  const parts = [placeOf(labels), labels['device'], labels['mountpoint']];
  const known = parts.map((part) => clean(part ?? '')).filter((part) => part !== '');
  return known.length > 0 ? known.join(' ') : labelsText(labels, otherLabels(labels));
}

/** Fields of a message: the labels that people know a thing by, and in one field all others that tell it apart. */
export function identityFields(labels: Labels): { name: string; value: string }[] {
  const places = WHERE.map(([label, name]) => ({ name, value: clean(labels[label] ?? '') }));
  const known = new Set(WHERE.map(([label]) => label));
  const others = otherLabels(labels).filter((name) => !known.has(name));
  return [...places, { name: 'Labels', value: labelsText(labels, others) }].filter(
    ({ value }) => value !== '',
  );
}

/** `a=1 b=2` for those of the names that the labels have. */
export function labelsText(labels: Labels, names: readonly string[]): string {
  return names
    .map((name) => ({ name, value: valueOf(labels, name) }))
    .filter(({ value }) => value !== undefined)
    .map(({ name, value = '' }) => `${clean(name)}=${clean(value)}`)
    .join(' ');
}

/** Names of labels whose values differ among these alerts. */
export function varyingLabels(alerts: readonly Labels[]): string[] {
  const names = new Set(alerts.flatMap((labels) => Object.keys(labels)));
  return [...names]
    .filter((name) => new Set(alerts.map((labels) => valueOf(labels, name))).size > 1)
    .sort();
}

/** A label can be called `__proto__` or `constructor`, and those that lack it have none of it all the same. */
const valueOf = (labels: Labels, name: string): string | undefined =>
  Object.hasOwn(labels, name) ? labels[name] : undefined;

function placeOf(labels: Labels): string | undefined {
  const { namespace, pod, container } = labels;
  if (pod) return `${namespace ? `${namespace}/` : ''}${pod}${container ? ` (${container})` : ''}`;
  const claim = labels['persistentvolumeclaim'];
  if (claim) return `${namespace ? `${namespace}/` : ''}${claim}`;
  return labels['node'] ?? labels['instance'];
}

const otherLabels = (labels: Labels): string[] =>
  Object.keys(labels)
    .filter((name) => !WHAT.has(name))
    .sort();
