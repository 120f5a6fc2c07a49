import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../../cli/lib/free-port';
import { poll } from '../../../cli/lib/async';
import { CliError } from '../../../cli/lib/errors';
import { ROUTER_DOOR } from '../../../cli/lib/router-api';
import { toYaml } from '../../../constructs/kubernetes/yaml';
import { upstreamImages } from '../../../constructs/settings';
import type { BenchAlert } from './alerts';
import { writeInto, type Rig } from './rig';

/** How the benches group: said in their titles. */
export const GROUPING = { group_by: ['alertname'], group_wait: '1s', group_interval: '30s' };

export interface Receivers {
  /** Port of the router on loopback. */
  readonly router: number;
  /** A webhook's URL, for Alertmanager's own way of writing to Discord. @default - not used */
  readonly discord?: string;
}

const START_MS = 20_000;
/** Where an image finds the files that a program finds in its folder. */
const INSIDE = '/bench';
/** A program in place of the image. */
const VARIABLE = 'VIGIL_ALERTMANAGER';

/** The real Alertmanager on loopback: the program that `VIGIL_ALERTMANAGER` names, else its image. */
export class RealAlertmanager {
  private log = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.log = (this.log + text).slice(-2_000);
      });
    }
    child.on('error', (error) => (this.log += error.message));
    // Also when the bench ends in a way that nobody foresaw.
    const endToo = (): boolean => child.kill('SIGTERM');
    process.once('exit', endToo);
    child.once('exit', () => process.off('exit', endToo));
  }

  /** @throws CliError with the end of its log when it does not answer */
  public static async start(rig: Rig, receivers: Receivers): Promise<RealAlertmanager> {
    const folder = join(rig.folder, 'alertmanager');
    const program = process.env[VARIABLE];
    const seen = program ? folder : INSIDE;
    await mkdir(folder);
    // The image's user is another one than ours; the folder above it is ours alone.
    await chmod(folder, 0o755);
    const { cert, key, ca } = rig.certificates.alertmanager;
    await writeInto(join(folder, 'tls.crt'), cert, 0o644);
    await writeInto(join(folder, 'tls.key'), key, 0o644);
    await writeInto(join(folder, 'ca.crt'), ca, 0o644);
    await writeInto(join(folder, 'alertmanager.yml'), toYaml(configOf(receivers, seen)), 0o644);
    const port = await freePort();
    const [command = '', ...before] = program ? [program] : dockerRun(folder);
    const storage = program ? join(folder, 'data') : '/tmp';
    const flags = [
      `--config.file=${seen}/alertmanager.yml`,
      `--storage.path=${storage}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ];
    const child = spawn(command, [...before, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    const alertmanager = new RealAlertmanager(child, port);
    try {
      await alertmanager.untilReady(rig.signal);
    } catch (error) {
      await alertmanager.stop();
      throw error;
    }
    return alertmanager;
  }

  /** Hands over alerts that fire, as Prometheus does. */
  public async post(alerts: readonly BenchAlert[], signal: AbortSignal): Promise<void> {
    const startsAt = new Date().toISOString();
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(
        alerts.map(({ labels, annotations }) => ({ labels, annotations, startsAt })),
      ),
      signal,
    });
    if (!response.ok) throw new CliError(`Alertmanager answered ${response.status} to the alerts`);
  }

  public async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const ended = once(child, 'exit');
    // Docker's client passes it on to its container.
    child.kill('SIGTERM');
    await ended;
  }

  private async untilReady(signal: AbortSignal): Promise<void> {
    const ready = await poll(
      async () => {
        if (this.child.exitCode !== null) return false;
        const response = await fetch(`http://127.0.0.1:${this.port}/-/ready`).catch(
          () => undefined,
        );
        return response?.ok ? true : undefined;
      },
      { signal, intervalMs: 100, timeoutMs: START_MS },
    );
    if (!ready) {
      const hint = `${VARIABLE} may name the program, else docker needs ${upstreamImages.alertmanager}`;
      throw new CliError(`Alertmanager does not answer (${hint}): ${this.log.trim()}`);
    }
  }
}

function configOf({ router, discord }: Receivers, folder: string): object {
  const tls = {
    ca_file: `${folder}/ca.crt`,
    cert_file: `${folder}/tls.crt`,
    key_file: `${folder}/tls.key`,
    server_name: ROUTER_DOOR.serverName,
  };
  const url = `https://127.0.0.1:${router}/api/v1/webhook`;
  const webhook = { url, max_alerts: 0, send_resolved: true, http_config: { tls_config: tls } };
  const receivers = [
    { name: 'router', webhook_configs: [webhook] },
    ...(discord ? [{ name: 'discord', discord_configs: [{ webhook_url: discord }] }] : []),
  ];
  const routes = receivers.map(({ name }) => ({ receiver: name, continue: true }));
  return { route: { receiver: 'router', ...GROUPING, routes }, receivers };
}

/** In the network of this machine, because what it calls listens on loopback only. */
const dockerRun = (folder: string): string[] => [
  'docker',
  ...['run', '--rm', '--pull', 'never', '--network', 'host'],
  ...['--name', `vigil-bench-alertmanager-${process.pid}`],
  ...['--tmpfs', '/tmp', '--volume', `${folder}:${INSIDE}:ro`],
  upstreamImages.alertmanager,
];
