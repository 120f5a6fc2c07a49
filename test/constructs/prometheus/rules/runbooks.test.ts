import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { logRules } from '../../../../constructs/loki/rules';
import { alertsOf, ruleGroups } from '../../../../constructs/prometheus/rules';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';

const ROOT = resolve(__dirname, '..', '..', '..', '..');
const RUNBOOKS = join(ROOT, 'docs', 'runbooks');

const settings = parseSettings({});
const topology = buildTopology(settings);
const alerts = [...ruleGroups(settings, topology), ...logRules(settings, topology)].flatMap(
  alertsOf,
);
const names = [...new Set(alerts.map(({ alert }) => alert))];
const runbooks = readdirSync(RUNBOOKS).filter((file) => file.endsWith('.md'));

test('every alert has a runbook, and every runbook an alert', () => {
  expect(runbooks.sort()).toEqual(names.map((name) => `${name}.md`).sort());
});

test.each(alerts)('$alert links its runbook', ({ alert, annotations }) => {
  expect(annotations.runbook_url).toBe(`docs/runbooks/${alert}.md`);
});

test.each(runbooks)(
  '%s says what it means, how to look and how to fix it, on one screen',
  (file) => {
    const text = readFileSync(join(RUNBOOKS, file), 'utf8');

    expect(text.split('\n')[0]).toBe(`# ${file.replace('.md', '')}`);
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
      'What it means',
      'How to look',
      'How to fix it',
    ]);
    expect(text.split('\n').length).toBeLessThanOrEqual(40);
  },
);

test.each(alerts)('$alert ($labels.service) says in its texts what is wrong', ({ annotations }) => {
  expect(annotations.summary).toMatch(/^[^{}]*({{ .+ }}[^{}]*)*\.$/);
  expect(annotations.description.length).toBeGreaterThan(20);
});
