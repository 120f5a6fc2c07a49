import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { LinkBases } from '../messages/links';
import type { Outbox } from '../model';

/** What every destination is made with. */
export interface DestinationContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Remembers calls over restarts. */
  readonly calls: Pick<Outbox, 'callsWithin' | 'calling'>;
  readonly links: LinkBases;
  /** How long one call may take. Milliseconds. */
  readonly timeoutMs: number;
}
