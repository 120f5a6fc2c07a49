import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../lib/errors';
import { addVerb, CONTEXT, type RunVerb } from './verb';

interface Options {
  readonly context?: string;
}

interface TestOptions extends Options {
  readonly destination?: string;
  readonly label: Readonly<Record<string, string>>;
}

/** `vigil alerts [test|retry|route|connect|disconnect]` */
export function registerAlerts(program: Command, run: RunVerb): void {
  const group = addVerb(
    program,
    'alerts',
    'show where alerts go and what waits, was sent or was given up; exit code 1 if not all is well',
  );
  group
    .option(...CONTEXT)
    .helpCommand(false)
    .enablePositionalOptions()
    .allowExcessArguments()
    .action((options: Options) =>
      run(async (session) => {
        refuseWords(group);
        const { showAlerts, withRouter } = await import('../lib/alerts');
        await withRouter(session, options.context, (api) => showAlerts(session, api));
      }),
    );
  addTest(group, run);
  addRetry(group, run);
  addRoute(group, run);
  addConnect(group, run);
}

function addTest(group: Command, run: RunVerb): void {
  addLabels(
    addVerb(
      group,
      'test',
      'send a test message and wait up to a minute for it; exit code 1 if it was not taken',
    )
      .option(...CONTEXT)
      .option('--destination <name>', 'send it there (default: where its labels lead)'),
  ).action((options: TestOptions) =>
    run(async (session) => {
      const { testAlerts, withRouter } = await import('../lib/alerts');
      const { destination, label: labels } = options;
      const request = { destination, labels };
      await withRouter(session, contextOf(group, options), (api) =>
        testAlerts(session, api, request),
      );
    }),
  );
}

function addRetry(group: Command, run: RunVerb): void {
  addVerb(
    group,
    'retry',
    'send dead letters again, and call destinations again that refused every call',
  )
    .argument(
      '[id...]',
      'their ids, as `vigil alerts` shows them',
      (text, before: number[] = []) => [...before, idOf(text)],
    )
    .option('--all', 'all of them, and all destinations')
    .option(...CONTEXT)
    .action((ids: number[] = [], options: Options & { readonly all?: boolean }) =>
      run(async (session) => {
        const { retryAlerts, withRouter } = await import('../lib/alerts');
        const { all = false } = options;
        if (all === ids.length > 0) throw new UsageError('name ids of dead letters, or --all');
        const which = all ? 'all' : ids;
        await withRouter(session, contextOf(group, options), (api) =>
          retryAlerts(session, api, which),
        );
      }),
    );
}

function addRoute(group: Command, run: RunVerb): void {
  addLabels(
    addVerb(group, 'route', 'explain where an alert would go; reads vigil.config.ts, asks nobody'),
  ).action(({ label }: Pick<TestOptions, 'label'>) =>
    run(async (session) => {
      const { explainRoute } = await import('../lib/alerts-route');
      explainRoute(session, label);
    }),
  );
}

function addConnect(group: Command, run: RunVerb): void {
  const what = 'a destination of vigil.config.ts';
  addVerb(
    group,
    'connect',
    "store a destination's credential in the cluster; it is read from standard input, or asked for without being shown",
  )
    .argument('<destination>', what)
    .option(...CONTEXT)
    .option('--remove', 'take the credential away, as `vigil alerts disconnect` does')
    .addHelpText(
      'after',
      [
        '\nWhat it reads:',
        "  discord  the webhook's URL, https://discord.com/api/webhooks/…",
        '  mail     an SMTP URL, smtps://user:password@host:465 or smtp://user:password@host:587',
        '  webhook  two lines: the URL, and the key (16 characters at least) that signs each body',
      ].join('\n'),
    )
    .action((destination: string, options: Options & { readonly remove?: boolean }) =>
      run(async (session) => {
        const lib = await import('../lib/alerts-credentials');
        const change = options.remove ? lib.disconnectDestination : lib.connectDestination;
        await change(session, destination, contextOf(group, options));
      }),
    );
  addVerb(group, 'disconnect', "take a destination's credential away; its alerts wait")
    .argument('<destination>', what)
    .option(...CONTEXT)
    .action((destination: string, options: Options) =>
      run(async (session) => {
        const { disconnectDestination } = await import('../lib/alerts-credentials');
        await disconnectDestination(session, destination, contextOf(group, options));
      }),
    );
}

/** Named after the verb, or before it: `vigil alerts --context <name> test`. */
const contextOf = (group: Command, options: Options): string | undefined =>
  options.context ?? group.opts<Options>().context;

const addLabels = (command: Command): Command =>
  command.option(
    '--label <name=value>',
    'a label of the alert, may be repeated',
    (text: string, before: Readonly<Record<string, string>>) => ({ ...before, ...labelOf(text) }),
    {},
  );

/** @throws InvalidArgumentError unless the text is `name=value`; the value may be empty. */
function labelOf(text: string): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Allowed: name=value, such as severity=critical.');
  return { [text.slice(0, at)]: text.slice(at + 1) };
}

function idOf(text: string): number {
  const id = Number(text);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new InvalidArgumentError('Allowed: a whole number above 0.');
}

/** A word after `vigil alerts` that is none of its verbs. */
function refuseWords(group: Command): void {
  const [word] = group.args;
  if (word === undefined) return;
  const verbs = group.commands.map((command) => command.name());
  throw new UsageError(`unknown command 'alerts ${word}'; allowed: ${verbs.join(', ')}`);
}
