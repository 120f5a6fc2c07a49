import { shareAbove } from '../../prometheus/rules/expressions';
import {
  alert,
  type Alert,
  type AlertProps,
  type Category,
  type RuleGroup,
} from '../../prometheus/rules/rule';
import type { Settings } from '../../settings';
import { isPage, type Component, type Topology } from '../../topology';
import { streams } from '../streams';
import { countOf, type Limits } from './expressions';

/** What the access logs of the web servers say. */
export const web = ({ thresholds }: Settings, topology: Topology): RuleGroup => ({
  name: 'web-access',
  rules: [
    scan(thresholds.logs),
    ...probes.map((probe) => probed(probe, thresholds.logs)),
    ...topology.components
      .filter(isPage)
      .map((server) => errorRatio(server, thresholds.web.errors)),
  ],
});

const access = streams('access');
const CLIENT = 'namespace, app, client';

const clientAlert = (props: Omit<AlertProps, 'for' | 'severity' | 'service' | 'category'>): Alert =>
  alert({
    ...props,
    for: '0s',
    severity: 'warning',
    service: '{{ $labels.app }}',
    category: 'log',
  });

/** Breadth tells a scan from a broken link, which is asked for again and again. */
const scan = ({ missingPaths, window }: Limits): Alert =>
  clientAlert({
    name: 'WebScan',
    expr: `count by (${CLIENT}) (${countOf({ lines: `${access} | status="404"`, by: `${CLIENT}, path` }, window)}) >= ${missingPaths}`,
    summary: '{{ $labels.client }} looks for weak spots of {{ $labels.app }}.',
    description: `{{ $value }} different paths that do not exist were asked for within ${window}.`,
  });

interface Probe {
  readonly name: string;
  /** Regular expressions, without regard to case, of what stands anywhere in a field. */
  readonly path?: string;
  readonly userAgent?: string;
  readonly summary: string;
}

const probes: readonly Probe[] = [
  {
    name: 'PathTraversalProbe',
    path: [
      // Two dots and a slash, plain, encoded, encoded twice, or as overlong UTF-8.
      '(?:\\.|%2e|%252e){2}(?:/|\\\\|%2f|%5c|%252f|%255c|%c0%af)',
      '/etc/(?:passwd|shadow)',
      '/proc/self/',
    ].join('|'),
    summary: '{{ $labels.client }} tries to read files through {{ $labels.app }}.',
  },
  {
    name: 'ShellshockProbe',
    path: '(?:\\(|%28)(?:\\)|%29)(?:\\s|\\+|%20)*(?:\\{|%7b)',
    userAgent: '\\(\\)\\s*\\{',
    summary: '{{ $labels.client }} tries to run commands through {{ $labels.app }}.',
  },
  {
    name: 'ScannerProbe',
    path: [
      '/\\.(?:env|git|svn|aws|ssh)(?:[/.?]|$)',
      '/(?:wp-login\\.php|wp-admin|xmlrpc\\.php|phpmyadmin|cgi-bin|vendor/phpunit|actuator)(?:[/?]|$)',
      'union(?:\\s|\\+|%20)+(?:all(?:\\s|\\+|%20)+)?select',
      '(?:<|%3c)script',
      '(?:\\$|%24)(?:\\{|%7b)jndi',
    ].join('|'),
    userAgent:
      'sqlmap|nikto|nmap|masscan|zgrab|gobuster|dirbuster|feroxbuster|ffuf|wpscan|nuclei|acunetix|nessus|openvas|(?:\\$|%24)(?:\\{|%7b)jndi',
    summary: '{{ $labels.client }} examines {{ $labels.app }} with an attack tool.',
  },
];

const probed = (
  { name, path, userAgent, summary }: Probe,
  { probes: least, window }: Limits,
): Alert => {
  const anywhere = (label: string, regex: string | undefined): string[] =>
    regex === undefined ? [] : [`${label}=~\`(?is).*(?:${regex}).*\``];
  const filter = [...anywhere('path', path), ...anywhere('user_agent', userAgent)].join(' or ');
  return clientAlert({
    name,
    expr: `${countOf({ lines: `${access} | ${filter}`, by: CLIENT }, window)} >= ${least}`,
    summary,
    description: `{{ $value }} such requests within ${window}.`,
  });
};

/** Of some servers the alerts have a category of their own. */
const CATEGORIES: Readonly<Record<string, Category>> = { apache: 'apache', nginx: 'nginx' };

/** Neither Apache's exporter nor nginx' counts answers by status. */
const errorRatio = ({ name, namespace }: Component, percent: number): Alert => {
  const lines = streams('access', { namespace, app: name });
  return alert({
    name: 'WebErrorRatio',
    expr: shareAbove({
      part: `${lines} | status=~"5.."`,
      whole: lines,
      window: '5m',
      by: 'namespace, app',
      above: percent,
      floor: 0.1,
    }),
    for: '1m',
    severity: 'warning',
    service: name,
    category: CATEGORIES[name] ?? 'log',
    summary: `${name} answers with errors.`,
    description: '{{ $value | printf "%.1f" }} % of its answers of 5 minutes were a 5xx.',
  });
};
