import type { APIEmbed } from 'discord-api-types/v10';
import type { DestinationState, Totals } from '../../../services/alert-router/src/status/status';

/** What the page and the server behind it say to each other. Times are milliseconds since the Unix epoch. */

/** Names of the actions that the page may ask for. */
export const ACTIONS = [
  'play',
  'pause',
  'again',
  'rate-limit',
  'outage',
  'kill',
  'no-mail',
] as const;
export type Action = (typeof ACTIONS)[number];

/** A message in a channel, as people see it. */
export interface ChannelMessage {
  readonly channel: string;
  readonly at: number;
  readonly content: string;
  readonly embeds: readonly APIEmbed[];
  /** Those whom it pings, as written. */
  readonly pings: readonly string[];
}

/** A mail in the mailbox; its HTML is at /mails/<index>. */
export interface Mail {
  readonly index: number;
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
}

/** What was handed to the router, against what reached its destinations. */
export interface Tally {
  /** An alert that began or ended, once for each destination; only what the router answered 200 to. */
  readonly accepted: number;
  readonly delivered: number;
  /** Accepted, and not there yet. */
  readonly waiting: number;
  /** Accepted, not there, and the router says that it has nothing left to send. */
  readonly lost: number;
  /** Told more than once. */
  readonly duplicates: number;
}

export interface DestinationView {
  readonly name: string;
  readonly state: DestinationState;
  readonly pending: number;
  readonly reason?: string;
}

/** Everything on the page but the messages. */
export interface ShowState {
  readonly phase: 'playing' | 'paused' | 'ended';
  /** Share of the recording that was played, 0 to 1. */
  readonly progress: number;
  /** Whether the router's process answers. */
  readonly router: 'starting' | 'running' | 'down';
  /** As the router counts; absent until it has answered once. */
  readonly totals?: Totals;
  readonly destinations: readonly DestinationView[];
  readonly tally: Tally;
  /** Notifications that the router has not accepted yet: they are still Alertmanager's. */
  readonly unaccepted: number;
  /** Actions whose trouble is on, with when it ends. */
  readonly troubles: readonly { readonly action: Action; readonly until: number }[];
  /** One line that says what happens. */
  readonly line: string;
  /** The result, at the end. */
  readonly verdict?: string;
}

/** What the server tells the page, as it happens. */
export type PageEvent =
  | { readonly type: 'reset'; readonly channels: readonly string[] }
  | { readonly type: 'message'; readonly message: ChannelMessage }
  | { readonly type: 'mail'; readonly mail: Mail }
  | { readonly type: 'state'; readonly state: ShowState };
