import type { APIEmbed } from 'discord-api-types/v10';
import { COLOURS } from '../../../services/alert-router/src/messages/discord';
import type { Tally } from './protocol';

type Status = 'firing' | 'resolved';

/** How often something that was accepted has been told. */
interface Entry {
  readonly token: string;
  readonly destination: string;
  readonly status: Status;
  told: number;
}

/**
 * Compares what the router accepted with what its destinations received. It reads the messages as people do and knows
 * nothing of what the router counts.
 */
export class Ledger {
  private readonly entries = new Map<string, Entry>();
  private readonly early: { token: string; destination: string; status: Status }[] = [];

  /** The router has answered 200 to this; the same again changes nothing. */
  public accepted(token: string, status: Status, destinations: readonly string[]): void {
    for (const destination of destinations) {
      const key = keyOf(token, destination, status);
      if (!this.entries.has(key)) this.entries.set(key, { token, destination, status, told: 0 });
    }
    // A message may be there before the answer to who asked for it.
    const early = this.early.splice(0);
    early.forEach((one) => this.count(one.token, one.destination, one.status));
  }

  /** A message was posted in a channel. */
  public discord(channel: string, embeds: readonly APIEmbed[], tokens: Iterable<string>): void {
    for (const token of tokens) {
      const told = new Set(embeds.flatMap((embed) => toldByEmbed(embed, token)));
      told.forEach((status) => this.count(token, channel, status));
    }
  }

  /** A mail arrived. */
  public mail(mailbox: string, text: string, tokens: Iterable<string>): void {
    for (const token of tokens) {
      const told = new Set(unitsOf(text).flatMap((unit) => toldByText(unit, token)));
      told.forEach((status) => this.count(token, mailbox, status));
    }
  }

  /** @param settled whether everything had its chance: the router says that it has nothing left to send. */
  public tally(settled: boolean): Tally {
    const entries = [...this.entries.values()];
    const delivered = entries.filter(({ told }) => told > 0).length;
    const missing = entries.length - delivered;
    return {
      accepted: entries.length,
      delivered,
      waiting: settled ? 0 : missing,
      lost: settled ? missing : 0,
      duplicates: entries.reduce((sum, { told }) => sum + Math.max(0, told - 1), 0),
    };
  }

  private count(token: string, destination: string, status: Status): void {
    const entry = this.entries.get(keyOf(token, destination, status));
    if (entry) entry.told += 1;
    else this.early.push({ token, destination, status });
  }
}

const keyOf = (...parts: readonly string[]): string => parts.join(' ');

/** Green tells an end; `Fired and resolved` tells both; everything else a beginning. */
function toldByEmbed(
  { title, description, fields = [], color }: APIEmbed,
  token: string,
): Status[] {
  const inFields = fields.map(({ name, value }) => `${name}: ${value}`).join(' ');
  // A card with fields is about one alert, any other text may be about one in each line.
  const all = [title, description, inFields].join(' ');
  const units = fields.length > 0 ? [all] : (description ?? '').split('\n');
  const mine = units.filter((unit) => unit.includes(token));
  if (mine.length === 0) return [];
  if (color !== COLOURS.resolved) return ['firing'];
  return mine.some(tellsBoth) ? ['firing', 'resolved'] : ['resolved'];
}

/** Paragraphs, and each item of a list by itself. */
const unitsOf = (text: string): string[] => text.split(/\r?\n\s*\r?\n|\r?\n(?=\* )/);

function toldByText(unit: string, token: string): Status[] {
  if (!unit.includes(token)) return [];
  if (tellsBoth(unit)) return ['firing', 'resolved'];
  return [/(?:^\* |Status: )Resolved/m.test(unit) ? 'resolved' : 'firing'];
}

const tellsBoth = (text: string): boolean => /fired and resolved/i.test(text);
