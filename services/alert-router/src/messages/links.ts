import type { RouterConfig } from '../../../../constructs/alert-router/router-config';
import type { Labels } from '../model';
import { clean } from './text';

export type LinkBases = RouterConfig['links'];

export interface Link {
  readonly label: string;
  /** Absolute, http or https, without credentials. */
  readonly url: string;
}

/** Longer ones are no use to people, and a message has little room. */
const MAX_URL = 500;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** Where to go from a message: links, and in place of those that cannot be made, words. */
export interface WaysOn {
  readonly links: readonly Link[];
  readonly hints: readonly string[];
}

/** Runbook, dashboard and Grafana of an alert with these annotations. */
export function waysOn(annotations: Labels, bases: LinkBases): WaysOn {
  const links: Link[] = [];
  const hints: string[] = [];
  const runbook = clean(annotations['runbook_url'] ?? '');
  const runbookUrl = absolute(runbook, bases.runbooks);
  if (runbookUrl) links.push({ label: 'Runbook', url: runbookUrl });
  else if (runbook && !SCHEME.test(runbook)) hints.push(`Runbook: ${runbook}`);

  const dashboard = absolute(clean(annotations['dashboard_url'] ?? ''), bases.grafana);
  if (dashboard) links.push({ label: 'Dashboard', url: dashboard });
  const grafana = httpUrl(bases.grafana ?? '');
  if (grafana) links.push({ label: 'Grafana', url: grafana });
  else hints.push('Grafana: npx vigil open grafana');
  return { links, hints };
}

function absolute(reference: string, base: string | undefined): string | undefined {
  if (reference === '') return undefined;
  if (SCHEME.test(reference)) return httpUrl(reference);
  return base === undefined ? undefined : httpUrl(`${base}/${reference.replace(/^[/\\]+/, '')}`);
}

function httpUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!['http:', 'https:'].includes(url.protocol) || url.username || url.password) return undefined;
  return url.href.length <= MAX_URL ? url.href : undefined;
}
