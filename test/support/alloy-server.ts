import { mkdirSync, renameSync, appendFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { STABILITY, alloyConfig, type DiscoveredPod } from '../../constructs/alloy/config';
import { resumeScript } from '../../constructs/alloy/resume';
import { parseSettings } from '../../constructs/settings';
import { buildTopology } from '../../constructs/topology';
import type { TlsMaterial } from '../../services/shared/tls-server';
import type { ToolServer } from './tool-server';
import type { describeWith } from './tools';
import { type Bench } from './tools';

/** A container of a pod, whose log is on the node. */
export interface LoggedContainer {
  readonly namespace: string;
  readonly app: string;
  readonly container: string;
}

/** Pods that Alloy is told about, in place of an API server. */
const discovered = ({ namespace, app, container }: LoggedContainer): DiscoveredPod => ({
  __meta_kubernetes_namespace: namespace,
  __meta_kubernetes_pod_name: `${app}-0`,
  __meta_kubernetes_pod_uid: `uid-of-${app}`,
  __meta_kubernetes_pod_container_name: container,
  __meta_kubernetes_pod_node_name: 'worker',
  __meta_kubernetes_pod_label_app_kubernetes_io_name: app,
});

/** What stands at the place of Loki: TLS that asks for a certificate, and can be gone. */
export interface Gate {
  readonly url: string;
  /** Serial numbers of the certificates that were shown. */
  readonly serials: ReadonlySet<string>;
  /** Refuses connections until it is opened again. */
  close(): Promise<void>;
  open(): Promise<void>;
}

/** @param target the URL of the server behind it */
export async function openGate(target: string, { cert, key, ca }: TlsMaterial): Promise<Gate> {
  const serials = new Set<string>();
  let server: Server;
  let port = 0;
  const listen = async (): Promise<void> => {
    server = createServer(
      { cert, key, ca, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        serials.add((request.socket as TLSSocket).getPeerCertificate().serialNumber);
        void (async () => {
          const headers = new Headers(
            ['content-type', 'content-encoding'].flatMap((name) => {
              const value = request.headers[name];
              return typeof value === 'string' ? [[name, value]] : [];
            }),
          );
          const body = new Uint8Array(await buffer(request));
          const answer = await fetch(`${target}${request.url}`, { method: 'POST', headers, body });
          response.writeHead(answer.status).end(await answer.text());
        })().catch(() => response.destroy());
      },
    );
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  };
  await listen();
  return {
    url: `https://localhost:${port}`,
    serials,
    open: listen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An Alloy with our own configuration, on a node that is a folder. */
export class TestNode {
  private server: ToolServer | undefined;

  private constructor(
    private readonly bench: Bench,
    /** The folder as the test sees it. */
    private readonly folder: string,
  ) {}

  static create(
    makeBench: Parameters<Parameters<typeof describeWith>[2]>[0],
    options: {
      readonly containers: readonly LoggedContainer[];
      readonly gate: Gate;
      readonly tls: TlsMaterial;
    },
  ): TestNode {
    const { containers, gate, tls } = options;
    const bench = makeBench((folder) => ({
      'config.alloy': alloyConfig(buildTopology(parseSettings({})), {
        logs: `${folder}/logs`,
        journals: [],
        auditLog: `${folder}/logs/kubernetes/audit.log`,
        loki: {
          url: `${gate.url}/loki/api/v1/push`,
          tls: {
            ca_file: `${folder}/tls/ca.crt`,
            cert_file: `${folder}/tls/tls.crt`,
            key_file: `${folder}/tls/tls.key`,
            server_name: 'localhost',
          },
        },
        pods: containers.map(discovered),
      }),
      'resume.sh': resumeScript(`${folder}/data`),
      'tls/ca.crt': tls.ca,
      'tls/tls.crt': tls.cert,
      'tls/tls.key': tls.key,
    }));
    return new TestNode(bench, bench.path);
  }

  /** Starts Alloy, as the container does: positions are set back first. */
  async start(): Promise<void> {
    const { folder } = this.bench;
    this.server = await this.bench.serveResident(
      (address) => [
        ...['run', `--server.http.listen-addr=${address}`, `--storage.path=${folder}/data`],
        ...['--disable-reporting', `--stability.level=${STABILITY}`, `${folder}/config.alloy`],
      ],
      { first: `${folder}/resume.sh`, env: { NODE_NAME: 'worker' } },
    );
  }

  /** Kills Alloy (SIGKILL). */
  async kill(): Promise<void> {
    await this.server?.stop();
  }

  /** Value of one of Alloy's own metrics, the sum of its series; undefined when there is none. */
  async metric(name: string): Promise<number | undefined> {
    const response = await fetch(`http://127.0.0.1:${this.server?.port}/metrics`);
    const values = (await response.text())
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => Number(line.split(' ').at(-1)));
    return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) : undefined;
  }

  /** Another certificate in the place of the present one, as kubelet puts it there. */
  renew({ cert, key }: TlsMaterial): void {
    this.write('tls/tls.crt', cert);
    this.write('tls/tls.key', key);
  }

  /** Lines of a container as containerd writes them. */
  log(container: LoggedContainer, lines: readonly string[], stream = 'stdout'): void {
    this.append(
      logFile(container),
      lines.map((line) => `${timestamp()} ${stream} F ${line}\n`).join(''),
    );
  }

  /** Raw text of a container's log. */
  logRaw(container: LoggedContainer, text: string): void {
    this.append(logFile(container), text);
  }

  /** kubelet's rotation: the file gets another name, and containerd begins a new one. */
  rotate(container: LoggedContainer): void {
    const file = join(this.folder, logFile(container));
    renameSync(file, `${file}.20261121-190000`);
    writeFileSync(file, '');
  }

  audit(event: object): void {
    this.append('logs/kubernetes/audit.log', `${JSON.stringify(event)}\n`);
  }

  private append(file: string, text: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    appendFileSync(path, text);
  }

  private write(file: string, text: string): void {
    const path = join(this.folder, file);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }
}

const logFile = ({ namespace, app, container }: LoggedContainer): string =>
  `logs/pods/${namespace}_${app}-0_uid-of-${app}/${container}/0.log`;

let last = 0n;

/** The present moment to the nanosecond, never twice the same. */
function timestamp(): string {
  const now = BigInt(Date.now()) * 1_000_000n;
  last = now > last ? now : last + 1n;
  const seconds = new Date(Number(last / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(last % 1_000_000_000n).padStart(9, '0')}Z`;
}
