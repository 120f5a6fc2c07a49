import { freePort } from '../free-port';
import { FakeDiscord } from '../../../fakes/discord';
import { FakeMailbox } from '../../../fakes/mailbox';
import type { RouterStatus } from '../../../services/alert-router/src/status/status';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { poll } from '../async';
import { Door } from '../door';
import { CliError } from '../errors';
import { ROUTER_DOOR, RouterApi } from '../router-api';
import { Alertmanager } from './alertmanager';
import { RouterProcess } from './router-process';
import { destinationNames, Workspace } from './workspace';

/** How long the router may take to answer for the first time, in milliseconds. */
const START_MS = 20_000;

interface Destinations {
  readonly discord: FakeDiscord;
  readonly mailbox: FakeMailbox;
}

/** Everything that plays, on this machine's loopback: the router itself, and stand-ins for all it talks to. */
export class Stage {
  public readonly discord: FakeDiscord;
  public readonly mailbox: FakeMailbox;
  public readonly router: RouterProcess;
  public readonly alertmanager: Alertmanager;
  private readonly people: RouterApi;
  private readonly webhook: Door;

  private constructor(
    private readonly workspace: Workspace,
    { discord, mailbox }: Destinations,
    port: number,
    signal: AbortSignal,
  ) {
    this.discord = discord;
    this.mailbox = mailbox;
    this.router = new RouterProcess(workspace.script, workspace.environment(port));
    const door = (material: TlsMaterial): Door => {
      const forwarding = { port, lastError: () => undefined, close: () => undefined };
      return new Door(ROUTER_DOOR, forwarding, material, signal);
    };
    this.webhook = door(workspace.credentials.alertmanager);
    this.people = new RouterApi(door(workspace.credentials.technician));
    this.alertmanager = new Alertmanager(
      (body) => this.webhook.post('/api/v1/webhook', body),
      signal,
    );
  }

  /**
   * Builds and starts it all, and resolves when the router answers.
   *
   * @throws CliError when it never does.
   */
  public static async raise(signal: AbortSignal): Promise<Stage> {
    const workspace = await Workspace.create();
    try {
      return await Stage.equip(workspace, signal);
    } catch (error) {
      await workspace.remove();
      throw error;
    }
  }

  private static async equip(workspace: Workspace, signal: AbortSignal): Promise<Stage> {
    const destinations = await openDestinations(workspace);
    const stage = new Stage(workspace, destinations, await freePort(), signal);
    stage.router.start();
    try {
      await stage.ready(signal);
    } catch (error) {
      await stage.strike();
      throw error;
    }
    return stage;
  }

  /** What the router says of itself; undefined when it does not answer. */
  public async status(): Promise<RouterStatus | undefined> {
    return this.people.status().catch(() => undefined);
  }

  /** A sign of life, as Prometheus's Watchdog sends it through Alertmanager. */
  public async beat(): Promise<void> {
    const labels = { alertname: 'Watchdog', severity: 'none' };
    const startsAt = new Date().toISOString();
    const alerts = [{ status: 'firing', labels, annotations: {}, startsAt }];
    const body = { version: '4', status: 'firing', groupKey: 'heartbeat', alerts };
    // While the router is down there is nobody to hear it; the next one comes soon.
    await this.webhook.post('/api/v1/heartbeat', body).catch(() => undefined);
  }

  /** Ends it all and removes every trace. */
  public async strike(): Promise<void> {
    await Promise.all([this.router.stop(), this.discord.close(), this.mailbox.close()]);
    await this.workspace.remove();
  }

  private async ready(signal: AbortSignal): Promise<void> {
    const options = { signal, intervalMs: 100, timeoutMs: START_MS };
    const status = await poll(() => this.status(), options);
    if (status) return;
    const last = this.router.log.trim().split('\n').at(-1) ?? '';
    throw new CliError(`the router does not start: ${last || 'it says nothing'}`);
  }
}

async function openDestinations(workspace: Workspace): Promise<Destinations> {
  const { localhost } = workspace.credentials;
  const names = destinationNames();
  const discord = new FakeDiscord({
    channels: names.channels,
    tls: localhost,
    publicHost: 'localhost',
  });
  const mailbox = new FakeMailbox({ tls: localhost, publicHost: 'localhost' });
  await Promise.all([discord.listen(), mailbox.listen()]);
  await workspace.configure(discord.origin, {
    ...Object.fromEntries(names.channels.map((name) => [name, discord.webhookUrl(name)])),
    [names.mail]: mailbox.url,
  });
  return { discord, mailbox };
}
