import { routerConfig } from '../../constructs/alert-router/config';
import { loadSettings } from '../../constructs/settings';
import { buildTopology } from '../../constructs/topology';
import { explain } from '../../services/alert-router/src/commands/explain';
import { Router } from '../../services/alert-router/src/routing/router';
import type { Session } from './session';

/** Says where an alert with these labels would go, by the settings alone. */
export function explainRoute({ output }: Session, labels: Readonly<Record<string, string>>): void {
  const settings = loadSettings();
  const decision = new Router(routerConfig(settings, buildTopology(settings))).route(labels);
  const { destinations } = decision;
  const taken = decision.taken.map(({ path, destinations: own }) => ({ path, destinations: own }));
  output.result(explain(labels, decision).join('\n'), { ok: true, labels, destinations, taken });
}
