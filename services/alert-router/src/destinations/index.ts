import type {
  DestinationConfig,
  DiscordDestination as DiscordConfig,
  MailDestination as MailConfig,
} from '../../../../constructs/alert-router/router-config';
import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { Snapshot } from '../config/snapshot';
import type { Destination, Outbox, Parked } from '../model';
import type { DestinationContext } from './context';
import { Bucket } from './discord/bucket';
import { DiscordDestination } from './discord/discord';
import { parseWebhookUrl } from './discord/endpoint';
import { LONGEST_WINDOW_MS } from './discord/limits';
import { SharedLimits } from './discord/shared-limits';
import { digestOf } from './keys';
import { parseSmtpUrl } from './mail/address';
import { MailDestination } from './mail/mail';
import { parseWebhookCredential } from './webhook/credential';
import { WebhookDestination } from './webhook/webhook';

/** How long a destination has for its answer; milliseconds. */
const TIMEOUT_MS = 10_000;

export interface SharedOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The memory of calls. Default: none, for a single call by hand. */
  readonly calls?: Pick<Outbox, 'callsWithin' | 'calling'>;
  /** Milliseconds that a destination has for its answer. Default: 10,000. */
  readonly timeoutMs?: number;
}

/** What outlives a change of the configuration: what is known of Discord's limits, and destinations that stay the same. */
export class SharedState {
  readonly limits: SharedLimits;
  /** By webhook: destinations that share one also share its limit. */
  readonly buckets = new Map<string, Bucket>();
  readonly built = new Map<string, { readonly key: string; readonly destination: Destination }>();

  constructor(readonly options: SharedOptions) {
    this.limits = new SharedLimits(options.clock);
  }
}

const NO_MEMORY: DestinationContext['calls'] = {
  callsWithin: () => [],
  calling: () => Promise.resolve(),
};

/**
 * The destinations of a configuration, in its order. One whose settings and credential are those of the last call is
 * the very same object; the others are new, and whoever used the old ones closes them.
 */
export function buildDestinations(
  { config, credentials }: Pick<Snapshot, 'config' | 'credentials'>,
  shared: SharedState,
): (Destination | Parked)[] {
  const { clock, logger, calls = NO_MEMORY, timeoutMs = TIMEOUT_MS } = shared.options;
  const context = { clock, logger, calls, timeoutMs, links: config.links };
  const entries = Object.entries(config.destinations);
  for (const name of shared.built.keys()) {
    if (!Object.hasOwn(config.destinations, name)) shared.built.delete(name);
  }
  return entries.map(([name, settings]) => {
    const credential = credentials.get(name);
    const key = digestOf(JSON.stringify([settings, credential, config.links]));
    const known = shared.built.get(name);
    if (known?.key === key) return known.destination;
    const destination = build({ name, settings, credential }, context, shared);
    if ('parked' in destination) shared.built.delete(name);
    else shared.built.set(name, { key, destination });
    return destination;
  });
}

interface Plan {
  readonly name: string;
  readonly settings: DestinationConfig;
  readonly credential: string | undefined;
}

function build(
  { name, settings, credential }: Plan,
  context: DestinationContext,
  shared: SharedState,
): Destination | Parked {
  if (credential === undefined || credential.trim() === '')
    return { name, kind: settings.kind, parked: 'no credential' };
  try {
    switch (settings.kind) {
      case 'discord':
        return discord(name, { settings, credential }, context, shared);
      case 'mail':
        return mail(name, { settings, credential }, context);
      case 'webhook':
        return new WebhookDestination(name, parseWebhookCredential(credential), context);
    }
  } catch (error) {
    return {
      name,
      kind: settings.kind,
      parked: error instanceof Error ? error.message : String(error),
    };
  }
}

function discord(
  name: string,
  { settings, credential }: { settings: DiscordConfig; credential: string },
  context: DestinationContext,
  shared: SharedState,
): Destination {
  const { id, url } = parseWebhookUrl(credential, settings.origins);
  const now = context.clock.now().getTime();
  const ages = context.calls.callsWithin(name, LONGEST_WINDOW_MS).map((at) => now - at);
  const bucket = shared.buckets.get(id) ?? new Bucket(context.clock, shared.limits, ages);
  shared.buckets.set(id, bucket);
  return new DiscordDestination(name, url, bucket, context);
}

function mail(
  name: string,
  { settings, credential }: { settings: MailConfig; credential: string },
  context: DestinationContext,
): Destination | Parked {
  const { from, to } = settings;
  if (from === undefined || from === '') return { name, kind: 'mail', parked: 'no sender (from)' };
  if (to.length === 0) return { name, kind: 'mail', parked: 'no recipients (to)' };
  return new MailDestination(name, parseSmtpUrl(credential), { from, to }, context);
}
