import { loadSettings, type Settings } from '../../constructs/settings';
import { buildTopology, DESTINATIONS } from '../../constructs/topology';
import { parseWebhookUrl } from '../../services/alert-router/src/destinations/discord/endpoint';
import { parseSmtpUrl } from '../../services/alert-router/src/destinations/mail/address';
import { parseWebhookCredential } from '../../services/alert-router/src/destinations/webhook/credential';
import { withClient } from './cluster';
import { CliError, UsageError } from './errors';
import type { KubeClient, ObjectRef } from './kube-client';
import { bringSecrets } from './kubelet';
import { readSecretInput } from './secret-input';
import type { Session } from './session';

type Destination = Settings['alertRouter']['destinations'][string];

const SECRET: ObjectRef = {
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: DESTINATIONS.namespace,
  name: DESTINATIONS.secret,
};

/** What a person is asked for, a line for each answer. */
const QUESTIONS: Readonly<Record<Destination['kind'], readonly string[]>> = {
  discord: ["The webhook's URL"],
  mail: ['The SMTP URL, smtp://user:password@host:587'],
  webhook: ["The receiver's URL", 'The key that signs each body'],
};

/**
 * Reads the credential of a destination, and stores it where the alert-router reads it.
 *
 * @throws UsageError when there is no such destination, or the credential has another form
 */
export async function connectDestination(
  session: Session,
  name: string,
  context?: string,
): Promise<void> {
  const settings = loadSettings();
  const destination = destinationOf(settings, name);
  const credential = await readSecretInput(session, QUESTIONS[destination.kind]);
  checkCredential(settings, destination, credential);
  await withClient(session, settings, context, (client) =>
    change(client, settings, name, credential),
  );
  const lines = [
    `Stored the credential of ${name}; the router reads it within seconds, two minutes at most.`,
    ...missingSettings(settings, destination).map(
      (setting) => `Until alertRouter.${setting} is set in vigil.config.ts, it stays parked.`,
    ),
    `\`npx vigil alerts test --destination ${name}\` shows whether a message arrives.`,
  ];
  session.output.result(lines.join('\n'), { ok: true, destination: name });
}

/** Takes the credential of a destination away; what is for it waits from then on. */
export async function disconnectDestination(
  session: Session,
  name: string,
  context?: string,
): Promise<void> {
  const settings = loadSettings();
  destinationOf(settings, name);
  await withClient(session, settings, context, (client) => change(client, settings, name, null));
  session.output.result(
    `Took the credential of ${name} away; its alerts wait until it has another one.`,
    { ok: true, destination: name },
  );
}

async function change(
  client: KubeClient,
  settings: Settings,
  name: string,
  credential: string | null,
): Promise<void> {
  await store(client, name, credential);
  await bringSecrets(client, buildTopology(settings).component('alertRouter'));
}

/** Merges one key into the Secret; null removes it. The others are neither read nor sent. */
export async function store(
  client: KubeClient,
  name: string,
  credential: string | null,
): Promise<void> {
  if (!(await client.metadata(SECRET))) {
    throw new CliError(
      `Secret ${DESTINATIONS.namespace}/${DESTINATIONS.secret} does not exist; run \`npx vigil up\` first`,
    );
  }
  const value = credential === null ? null : Buffer.from(credential, 'utf8').toString('base64');
  await client.merge(SECRET, { data: { [name]: value } });
}

/**
 * The same checks as the router's own.
 *
 * @throws UsageError that repeats nothing of the credential
 */
export function checkCredential(
  { alertRouter }: Settings,
  { kind }: Destination,
  credential: string,
): void {
  const { port } = alertRouter[kind];
  const portOf = {
    discord: () => urlPort(parseWebhookUrl(credential, alertRouter.discord.origins).url),
    mail: () => parseSmtpUrl(credential).port,
    webhook: () => urlPort(parseWebhookCredential(credential).url),
  }[kind];
  const found = usage(portOf);
  if (found === port) return;
  throw new UsageError(
    `its port is ${found}, but only alertRouter.${kind}.port, which is ${port}, is let out of the cluster`,
  );
}

const urlPort = (url: string): number => Number(new URL(url).port || 443);

function usage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function missingSettings(
  { alertRouter }: Settings,
  { kind, to = [] }: Destination,
): readonly string[] {
  if (kind !== 'mail') return [];
  return [
    ...(alertRouter.mail.from === undefined ? ['mail.from'] : []),
    ...(to.length === 0 ? ['destinations.<name>.to'] : []),
  ];
}

function destinationOf({ alertRouter }: Settings, name: string): Destination {
  const { destinations } = alertRouter;
  const found = Object.hasOwn(destinations, name) ? destinations[name] : undefined;
  if (found) return found;
  throw new UsageError(
    `vigil.config.ts has no destination '${name}'; it has ${Object.keys(destinations).join(', ')}`,
  );
}
