import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ExitCode, UsageError } from '../../cli/lib/errors';
import { formatTable } from '../../cli/lib/output';
import type { Session } from '../../cli/lib/session';
import { bench } from './bench';
import type { Figure } from './figures';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

/** One of the benches of a script. */
export interface MenuBench<V> {
  /** One line for the help. */
  readonly about: string;
  readonly title: string;
  /** The bench is stopped after so many minutes. */
  readonly minutes: (values: V) => number;
  readonly measure: (session: Session, values: V) => Promise<readonly Figure[]>;
}

/** A script with several benches, one of which is named on the command line. */
export interface Menu<O extends Options> {
  /** As the help calls it: `bench/router.ts`. */
  readonly script: string;
  readonly benches: Readonly<Record<string, MenuBench<Values<O>>>>;
  readonly options: O;
  /** What the help says of each option. */
  readonly help: readonly (readonly [option: string, about: string])[];
  /** @throws UsageError naming an option's value that is not allowed. */
  readonly check: (values: Values<O>) => void;
}

/** What a command line asks for: the text of the help, or a bench. */
type Choice<V> = { readonly help: string } | { readonly bench: MenuBench<V>; readonly values: V };

/** Runs the bench that the command line names; what is wrong with the command line is one line and exit code 2. */
export function runMenu<O extends Options>(menu: Menu<O>): void {
  try {
    const choice = choose(menu, process.argv.slice(2));
    if ('help' in choice) {
      process.stdout.write(choice.help);
      return;
    }
    const { values } = choice;
    const { title, minutes, measure } = choice.bench;
    void bench({ title, minutes: minutes(values), measure: (session) => measure(session, values) });
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = ExitCode.USAGE;
  }
}

/** @throws Error naming what is not known or not allowed. */
export function choose<O extends Options>(menu: Menu<O>, args: string[]): Choice<Values<O>> {
  const { values, positionals } = parse(menu, args);
  if ('help' in values) return { help: usage(menu) };
  const bench = positionals.length === 1 ? menu.benches[positionals[0] ?? ''] : undefined;
  if (!bench) {
    const names = Object.keys(menu.benches).join(', ');
    const found = positionals.join(' ') || 'nothing';
    throw new UsageError(`expected one of ${names}, found: ${found}`);
  }
  menu.check(values);
  return { bench, values };
}

const parse = <O extends Options>(
  { options }: Menu<O>,
  args: string[],
): ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>> =>
  parseArgs({ args, options: { ...options, help: { type: 'boolean' } }, allowPositionals: true });

function usage<O extends Options>({ script, benches, help }: Menu<O>): string {
  const rows = [
    ...Object.entries(benches).map(([name, { about }]) => [`  ${name}`, about]),
    ...help.map(([option, about]) => [`  ${option}`, about]),
  ];
  return [`Usage: npx tsx ${script} <bench> [options]`, '', ...formatTable(rows), ''].join('\n');
}
