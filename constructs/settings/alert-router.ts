import { RE2JS } from 're2js';
import { z } from 'zod';
import { bytes, cidr, dnsLabel, duration, httpsUrl, text } from './units';

const MATCHER = /^[a-zA-Z_][a-zA-Z0-9_]*(=|!=|=~|!~)"((?:[^"\\]|\\.)*)"$/;
const MATCHER_FORM = 'a matcher as in Alertmanager, such as severity="critical" or job=~"web-.+"';

/** The regular expressions of Alertmanager are RE2, which knows less than JavaScript's and never hangs. */
const matcher = (): z.ZodString =>
  text(MATCHER, MATCHER_FORM).refine(
    (value) => {
      const [, operator = '', pattern = ''] = MATCHER.exec(value) ?? [];
      return !operator.includes('~') || isRe2(pattern.replaceAll(/\\(["\\])/g, '$1'));
    },
    { error: `${MATCHER_FORM}, with a regular expression of RE2` },
  );

function isRe2(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}

const mailAddress = (): z.ZodString =>
  text(/^[^\s@<>,;]+@[^\s@<>,;]+$/, 'a mail address such as oncall@example.com');

const port = (byDefault: number): z.ZodDefault<z.ZodInt> =>
  z.int().min(1).max(65_535).default(byDefault);

const networks = (): z.ZodOptional<z.ZodArray<z.ZodCIDRv4>> => z.array(cidr()).min(1).optional();

const NETWORKS = 'Networks that the router may open connections to. Default: every public address.';

const destination = z.strictObject({
  kind: z
    .enum(['discord', 'mail', 'webhook'])
    .meta({ allowed: 'discord, mail or webhook' })
    .describe('How it is reached.'),
  to: z
    .array(mailAddress())
    .optional()
    .describe('Recipients of a mail. Default: none, and parked.'),
});

const route = z.strictObject({
  matchers: z.array(matcher()).describe('What it takes; all must match.'),
  destinations: z.array(dnsLabel()).min(1).describe('Where its alerts go.'),
  continue: z
    .boolean()
    .optional()
    .describe('Whether the routes after it are tried as well. Default: false.'),
});

/** Channels that get the alerts of one category each. */
const SORTED = ['container', 'node', 'traffic', 'nginx', 'apache'] as const;

/** The Discord channels of the defaults. */
export const defaultChannels = ['general', ...SORTED] as const;

const discord = { kind: 'discord' } as const;

const sorted = (name: string) => ({ matchers: [`category="${name}"`], destinations: [name] });

/** Where alerts go. Credentials are no settings: they are keys of a Secret, each named like its destination. */
export const alertRouter = z
  .strictObject({
    storage: bytes().default('256Mi').describe('Size of the volume that holds the queue.'),
    destinations: z
      .record(dnsLabel(), destination)
      .default({
        ...Object.fromEntries(defaultChannels.map((name) => [name, discord])),
        mail: { kind: 'mail', to: [] },
      })
      .describe('Places where alerts go, by name.'),
    defaultDestinations: z
      .array(dnsLabel())
      .min(1)
      .default(['general'])
      .describe('Where an alert goes that no route takes.'),
    routes: z
      .array(route)
      .default([
        { matchers: ['severity="critical"'], destinations: ['mail'], continue: true },
        ...SORTED.map(sorted),
        { matchers: [], destinations: ['general'] },
      ])
      .describe('The first that matches takes an alert, and the next ones too where it says so.'),
    reminder: duration()
      .default('4h')
      .describe('Time after which an alert that still fires is told again.'),
    heartbeatTimeout: duration()
      .default('5m')
      .describe('Time without a sign of life from Prometheus after which the router reports it.'),
    discord: z
      .strictObject({
        origins: z
          .array(httpsUrl())
          .min(1)
          .default(['https://discord.com'])
          .describe('Origins that a webhook URL may have.'),
        port: port(443).describe('Port of Discord.'),
        networks: networks().describe(NETWORKS),
      })
      .prefault({}),
    mail: z
      .strictObject({
        from: mailAddress().optional().describe('Sender. Default: none, and mail is parked.'),
        port: port(587).describe('Port of the mail server.'),
        networks: networks().describe(NETWORKS),
      })
      .prefault({}),
    webhook: z
      .strictObject({
        port: port(443).describe('Port of the receivers of generic webhooks.'),
        networks: networks().describe(NETWORKS),
      })
      .prefault({}),
    authorities: text(
      /^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/,
      'certificates in PEM form',
    )
      .optional()
      .describe(
        'Certificate authorities of receivers, as PEM, beside the public ones. Default: none.',
      ),
    links: z
      .strictObject({
        runbooks: httpsUrl()
          .optional()
          .describe('Base URL of the runbooks in messages. Default: none, their path is shown.'),
        grafana: httpsUrl()
          .optional()
          .describe('Base URL of Grafana in messages. Default: none, the way to it is shown.'),
      })
      .prefault({}),
  })
  .superRefine(({ destinations, defaultDestinations, routes }, context) => {
    const known = Object.keys(destinations);
    const named = [
      ...defaultDestinations.map((name, index) => ({ name, path: ['defaultDestinations', index] })),
      ...routes.flatMap((row, index) =>
        row.destinations.map((name, at) => ({
          name,
          path: ['routes', index, 'destinations', at],
        })),
      ),
    ];
    // One line is enough: who replaces the destinations and not the default routes has them all wrong.
    const wrong = named.find(({ name }) => !known.includes(name));
    if (!wrong) return;
    const message =
      `a destination: ${known.join(', ')}` +
      ' (defaultDestinations and routes go with destinations: state all three)';
    context.addIssue({ code: 'custom', path: wrong.path, message });
  })
  .prefault({});
