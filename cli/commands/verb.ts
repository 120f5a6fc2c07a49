import { type Command, InvalidArgumentError } from 'commander';
import type { Session } from '../lib/session';

/** Runs the work of a verb with what every verb needs. */
export type RunVerb = (work: (session: Session) => Promise<void>) => Promise<void>;

/** Adds a verb with the options that all have. */
export function addVerb(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--json', 'print one JSON document; progress goes to stderr')
    .option('--no-color', 'print no colours (NO_COLOR does the same)');
}

/** The option of verbs that may work on a cluster that Vigil did not make. */
export const CONTEXT = [
  '--context <name>',
  'use this context of your kubeconfig (default: the kind cluster of vigil.config.ts)',
] as const;

/** @throws InvalidArgumentError unless the text is a whole number within the bounds. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Allowed: a whole number from ${least} to ${most}.`);
  };
