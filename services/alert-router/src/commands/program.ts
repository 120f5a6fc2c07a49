import { readFile } from 'node:fs/promises';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { parseWebhook, WebhookRefused } from '../alerts/webhook';
import { ConfigError } from '../../../shared/environment';
import type { Destination, Notification, Parked } from '../model';
import { Router } from '../routing/router';
import { testLabels } from '../status/test-alert';
import { checkDestinations, type Finding } from './check';
import { explain } from './explain';
import { preview } from './preview';
import { sendTests } from './send-test';
import { destinationsOf, InputError, readSetup, type Setup } from './setup';

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Writes the result. */
  readonly write: (text: string) => void;
  /** Writes the one line that says what is wrong. */
  readonly complain: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Well; a destination is not; wrong input or configuration. */
const ExitCode = { OK: 0, FAILED: 1, USAGE: 2 } as const;

type Labels = Readonly<Record<string, string>>;

/**
 * Runs one of the commands for people: check, route, preview, send-test.
 *
 * @param args the words after the program's name
 * @returns the exit code
 */
export async function runCommand(
  args: readonly string[],
  options: CommandOptions,
): Promise<number> {
  let code: number = ExitCode.OK;
  const program = new Command('alert-router')
    .description(
      'Takes alerts from Alertmanager and delivers each one. Without a command it serves.',
    )
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: options.write, writeErr: () => undefined });
  addCommands(program, options, (findings) => {
    options.write(findings.map(({ name, text }) => `${name}: ${text}\n`).join(''));
    if (findings.some(({ ok }) => !ok)) code = ExitCode.FAILED;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.OK;
    options.complain(`alert-router: ${messageOf(error)}\n`);
    return ExitCode.USAGE;
  }
}

function addCommands(
  program: Command,
  { env, write, signal }: CommandOptions,
  report: (findings: readonly Finding[]) => void,
): void {
  program
    .command('check')
    .description('read configuration and credentials, and ask each destination without sending')
    .action(async () => {
      const setup = await readSetup(env);
      await withDestinations(setup, async (all) => report(await checkDestinations(all, signal)));
    });
  program
    .command('route')
    .description('explain where an alert with these labels goes')
    .option('--label <name=value>', 'a label, may be repeated', addLabel, {})
    .action(async ({ label }: { readonly label: Labels }) => {
      const { config } = await readSetup(env);
      write(`${explain(label, new Router(config).route(label)).join('\n')}\n`);
    });
  program
    .command('preview')
    .description("show what would be sent of a body of Alertmanager's webhook, and how big it is")
    .requiredOption('--body <file>', 'the body, JSON')
    .action(async ({ body }: { readonly body: string }) => {
      const { config } = await readSetup(env);
      for (const one of preview(config, await readBody(body), Date.now())) {
        write(`== ${one.destination} (${one.size})\n${one.content}\n`);
      }
    });
  program
    .command('send-test')
    .description('send a test message now, without the queue, and say what became of it')
    .option('--destination <name>', 'send it there (default: where an alert like it would go)')
    .action(async ({ destination }: { readonly destination?: string }) => {
      const setup = await readSetup(env);
      const names = testedOf(setup, destination);
      await withDestinations(setup, async (all) => {
        const chosen = all.filter(({ name }) => names.includes(name));
        report(await sendTests(chosen, Date.now(), signal));
      });
    });
}

/** @throws InputError when there is no such destination */
function testedOf({ config }: Setup, destination?: string): readonly string[] {
  if (destination === undefined) return new Router(config).route(testLabels({})).destinations;
  if (Object.hasOwn(config.destinations, destination)) return [destination];
  const known = Object.keys(config.destinations).join(', ');
  throw new InputError(`--destination ${destination}: not configured; there are ${known}`);
}

async function withDestinations(
  setup: Setup,
  work: (destinations: readonly (Destination | Parked)[]) => Promise<void>,
): Promise<void> {
  const destinations = destinationsOf(setup);
  try {
    await work(destinations);
  } finally {
    for (const one of destinations) if (!('parked' in one)) one.close();
  }
}

/** @throws InputError naming the file and what is wrong with it */
async function readBody(file: string): Promise<Notification> {
  try {
    return parseWebhook(await readFile(file, 'utf8'));
  } catch (error) {
    const what = error instanceof WebhookRefused ? error : (error as NodeJS.ErrnoException);
    throw new InputError(`--body ${file}: ${what.message}`);
  }
}

/** @throws InvalidArgumentError unless the text is `name=value`; the value may be empty */
function addLabel(text: string, before: Labels): Labels {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Allowed: name=value, such as severity=critical.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** One line for wrong input; what nobody foresaw is thrown on. */
function messageOf(error: unknown): string {
  if (error instanceof CommanderError) {
    const text = error.code === 'commander.help' ? 'name a command; see --help' : error.message;
    return text.replace(/^error: /, '').replaceAll('\n', ' ');
  }
  if (error instanceof ConfigError || error instanceof InputError) return error.message;
  throw error;
}
