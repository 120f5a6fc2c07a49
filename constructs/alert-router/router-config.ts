/**
 * The contract between synth and the alert-router: where alerts go, and who may ask what of it. Plain types only,
 * because the router (which runs in the cluster) imports them. Nothing here is secret: webhook URLs, SMTP URLs and
 * signing keys are files of the credentials directory, each named like its destination.
 */

/** A Discord channel, reached through a webhook; the credential is the webhook's URL. */
export interface DiscordDestination {
  readonly kind: 'discord';
  /** Origins that a webhook URL may have, such as `https://discord.com`. */
  readonly origins: readonly string[];
}

/** A mailbox; the credential is an SMTP URL, `smtps://user:password@host:465` or `smtp://…:587` (STARTTLS required). */
export interface MailDestination {
  readonly kind: 'mail';
  /** Absent, like an empty `to`, parks the destination. */
  readonly from?: string;
  readonly to: readonly string[];
}

/** Anything that takes JSON; the credential is two lines: the URL, and the key that signs each body. */
export interface WebhookDestination {
  readonly kind: 'webhook';
}

export type DestinationConfig = DiscordDestination | MailDestination | WebhookDestination;

/** A route below the default one, read as Alertmanager reads its own: first match wins, unless it says `continue`. */
export interface RouteConfig {
  /** In Alertmanager's syntax, such as `severity="critical"`; all must match. None matches every alert. */
  readonly matchers: readonly string[];
  /** Default: those of the route above. */
  readonly destinations?: readonly string[];
  /** Whether the routes after this one are tried as well. Default: false. */
  readonly continue?: boolean;
  readonly routes?: readonly RouteConfig[];
}

export interface RouterConfig {
  readonly version: 1;
  readonly destinations: Readonly<Record<string, DestinationConfig>>;
  /** Matches every alert; its destinations, of which there is one at least, get what no route below it takes. */
  readonly route: {
    readonly destinations: readonly string[];
    readonly routes: readonly RouteConfig[];
  };
  /** SPIFFE IDs that may connect, by what they may ask. */
  readonly clients: {
    /** POST /api/v1/webhook and /api/v1/heartbeat. */
    readonly webhook: readonly string[];
    /** GET /metrics. */
    readonly metrics: readonly string[];
    /** The status page, the API behind it, tests and retries. */
    readonly people: readonly string[];
  };
  /** Base URLs of the Alertmanagers that the reconciler compares with; none switches it off. */
  readonly alertmanagers: readonly string[];
  /** Seconds that Alertmanager may let pass before it notifies: its group_wait and group_interval together. */
  readonly notificationDelaySeconds: number;
  /** Seconds without a heartbeat (Alertmanager's Watchdog) after which the router itself reports the silence. */
  readonly heartbeatTimeoutSeconds: number;
  /** Seconds after which an alert that still fires is told again. */
  readonly reminderSeconds: number;
  /** Base URLs for links in messages, without a slash at the end; without one, the message says how to get there. */
  readonly links: {
    /** A runbook's address is this, a slash, and its `runbook_url`. */
    readonly runbooks?: string;
    readonly grafana?: string;
  };
}
