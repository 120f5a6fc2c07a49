import { NOT_ALLOWED } from '../../kubernetes/nginx';
import { alert, type Alert, type RuleGroup } from '../../prometheus/rules/rule';
import type { Settings } from '../../settings';
import { namespaces } from '../../topology';
import { matching } from '../selectors';

/** Who is turned away by a server of ours although we know them: a program of ours that does what it never does. */
export const doors = ({ thresholds: { logs } }: Settings): RuleGroup => ({
  name: 'doors',
  rules: [identityNotAllowed(logs.window), containerdCallNotAllowed(logs.window)],
});

/** Lines that our own servers wrote; whoever runs a pod elsewhere may write what he likes. */
const said = (text: string, ...matchers: readonly string[]): string =>
  `${matching('container', `namespace=~"${Object.keys(namespaces).join('|')}"`, ...matchers)} |= \`${text}\``;

/** What answers for a server of ours: the proxies, and our own programs (services/shared/refusals.ts). */
const DOORS = 'tls-proxy|alert-router|certificate-controller|sample-app';

/** The proxies name the subject of a certificate, and whether it is good; our own programs name its identity. */
const IDENTIFIED =
  '| json subject="subject", identity="identity", verified="verified" | verified!~"NONE|FAILED.*"' +
  ' | label_format who=`{{ or .subject .identity }}` | who!="" | __error__=""';

const identityNotAllowed = (window: string): Alert =>
  alert({
    name: 'IdentityNotAllowed',
    expr: `sum by (namespace, app, who) (count_over_time(${said('not allowed', `container=~"${DOORS}"`)} ${IDENTIFIED} [${window}])) > 0`,
    for: '0s',
    severity: 'warning',
    service: '{{ $labels.app }}',
    category: 'log',
    summary: '{{ $labels.who }} asks {{ $labels.app }} for what is not for it.',
    description: `{{ $value }} requests within ${window}, with a certificate of ours, at a server or path that does not admit it.`,
  });

const containerdCallNotAllowed = (window: string): Alert =>
  alert({
    name: 'ContainerdCallNotAllowed',
    expr: `sum by (node, path) (count_over_time(${said(NOT_ALLOWED, 'app="cadvisor"', 'container="containerd-proxy"')} | json path="path" | __error__="" [${window}])) > 0`,
    for: '0s',
    severity: 'critical',
    service: 'cadvisor',
    category: 'log',
    summary: 'cAdvisor on {{ $labels.node }} asks containerd for more than names.',
    description: `{{ $value }} calls of {{ $labels.path }} were refused within ${window}.`,
  });
