import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { upstreamImages, type UpstreamImage } from '../../constructs/settings';
import {
  serveContainer,
  serveProgram,
  serveResident,
  type ServerArgs,
  type ToolServer,
} from './tool-server';

/** A program that judges what we make: the one that will read it in the cluster, or a checker beside it. */
interface ToolSpec {
  readonly command: string;
  /** Other names of the same program. */
  readonly aliases?: readonly string[];
  /** Variable that names the program, where it is not on the PATH. */
  readonly variable?: string;
  readonly versionArgs: readonly string[];
  /** Oldest version whose verdict counts, major and minor. */
  readonly atLeast: readonly [number, number];
  /** What someone without it installs. */
  readonly install: string;
  /** Holds the program too, for those who have a container engine and the image. */
  readonly image?: string;
}

const specs = {
  promtool: {
    command: 'promtool',
    variable: 'VIGIL_PROMTOOL',
    versionArgs: ['--version'],
    atLeast: [3, 14],
    install: 'Prometheus 3.14',
    image: upstreamImages.prometheus,
  },
  prometheus: {
    command: 'prometheus',
    variable: 'VIGIL_PROMETHEUS',
    versionArgs: ['--version'],
    atLeast: [3, 14],
    install: 'Prometheus 3.14',
    image: upstreamImages.prometheus,
  },
  amtool: {
    command: 'amtool',
    variable: 'VIGIL_AMTOOL',
    versionArgs: ['--version'],
    atLeast: [0, 34],
    install: 'Alertmanager 0.34',
    image: upstreamImages.alertmanager,
  },
  alertmanager: {
    command: 'alertmanager',
    variable: 'VIGIL_ALERTMANAGER',
    versionArgs: ['--version'],
    atLeast: [0, 34],
    install: 'Alertmanager 0.34',
    image: upstreamImages.alertmanager,
  },
  blackbox: {
    command: 'blackbox_exporter',
    variable: 'VIGIL_BLACKBOX',
    versionArgs: ['--version'],
    atLeast: [0, 28],
    install: 'blackbox_exporter 0.28',
    image: upstreamImages.blackboxExporter,
  },
  nginx: {
    command: 'nginx',
    variable: 'VIGIL_NGINX',
    versionArgs: ['-v'],
    atLeast: [1, 26],
    install: 'nginx 1.26',
    image: upstreamImages.tlsProxy,
  },
  loki: {
    command: 'loki',
    variable: 'VIGIL_LOKI',
    versionArgs: ['-version'],
    atLeast: [3, 7],
    install: 'Loki 3.7',
    image: upstreamImages.loki,
  },
  alloy: {
    command: 'alloy',
    variable: 'VIGIL_ALLOY',
    versionArgs: ['--version'],
    atLeast: [1, 19],
    install: 'Alloy 1.19',
    image: upstreamImages.alloy,
  },
  openssl: {
    command: 'openssl',
    versionArgs: ['version'],
    atLeast: [3, 0],
    install: 'OpenSSL 3',
  },
  chromium: {
    command: 'chromium',
    aliases: ['chromium-browser', 'google-chrome'],
    variable: 'VIGIL_CHROMIUM',
    versionArgs: ['--version'],
    atLeast: [123, 0],
    install: 'Chromium 123',
  },
} satisfies Record<string, ToolSpec>;

export type ToolName = keyof typeof specs;

export interface Verdict {
  readonly code: number | null;
  /** Standard output and error together. */
  readonly output: string;
}

/** A folder of files, and a tool that looks at them. */
export interface Bench {
  /** The folder as the tool sees it. */
  readonly folder: string;
  /** The folder as the test sees it. */
  readonly path: string;
  /** Where the tool may write. */
  readonly scratch: string;
  readonly run: (...args: string[]) => Verdict;
  /** Starts the tool as a server, until it is stopped or the tests are over. `port` is its own, in an image. */
  readonly serve: (port: number, args: ServerArgs) => Promise<ToolServer>;
  /**
   * The same on this machine's own network, for a tool that calls servers of the test, and with a folder that it may
   * write to and finds again when it is started anew.
   */
  readonly serveResident: (args: ServerArgs, surroundings?: Surroundings) => Promise<ToolServer>;
}

/** What a resident server finds when it starts. */
export interface Surroundings {
  /** Script of sh that runs before it, by the path that the tool sees. @default none */
  readonly first?: string;
  /** Environment variables. @default those of this process, and none in an image */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a tool is started: as a program, or as the entry point of its image. */
type Starter =
  | { readonly kind: 'program'; readonly command: string }
  | { readonly kind: 'image'; readonly image: string; readonly command: string };

const INSIDE = '/bench';
/** A script, and then the program in its place. */
const RUN_FIRST = 'sh "$1"; shift; exec "$@"';
const found = new Map<ToolName, Starter | undefined>();

function starterOf(name: ToolName): Starter | undefined {
  if (!found.has(name)) found.set(name, search(specs[name]));
  return found.get(name);
}

function search(spec: ToolSpec): Starter | undefined {
  const { command, aliases = [], variable, versionArgs, atLeast, image } = spec;
  const named = variable && process.env[variable];
  const program = (named ? [named] : [command, ...aliases]).find((name) => {
    const { code, output } = execute(name, versionArgs);
    return code === 0 && isRecent(output, atLeast);
  });
  if (program !== undefined) return { kind: 'program', command: program };
  if (image === undefined) return undefined;
  return isPresent(image) ? { kind: 'image', image, command } : undefined;
}

/** An image is used where it is, but never pulled: a test does not download. */
const isPresent = (image: string): boolean =>
  execute('docker', ['image', 'inspect', '--format', 'present', image]).code === 0;

function isRecent(output: string, [major, minor]: readonly [number, number]): boolean {
  const [, foundMajor, foundMinor] =
    /(?:version |\/|OpenSSL |Chromium |Chrome )v?(\d+)\.(\d+)/.exec(output) ?? [];
  return (
    Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor)
  );
}

function execute(command: string, args: readonly string[], cwd?: string): Verdict {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd });
  return { code: status, output: `${stdout ?? ''}${stderr ?? ''}` };
}

/**
 * Declares tests that need a tool. Where there is none, one test says that they were skipped and what to install; in
 * CI it fails, because there a test that did not run proves nothing.
 */
export function describeWith(
  name: ToolName,
  title: string,
  tests: (bench: (files: (folder: string, scratch: string) => Files) => Bench) => void,
): void {
  const starter = starterOf(name);
  if (!starter) {
    declareSkipped(name, title);
    return;
  }
  describe(title, () => {
    const folders: string[] = [];
    const servers: ToolServer[] = [];
    afterAll(async () => {
      await Promise.all(servers.map(({ stop }) => stop()));
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });
    tests((files) => {
      const folder = mkdtempSync(join(tmpdir(), 'vigil-bench-'));
      folders.push(folder);
      return benchOf(starter, folder, { files, remember: (one) => servers.push(one) });
    });
  });
}

/** The same for tests that start the program themselves, by its path. */
export function describeWithProgram(
  name: ToolName,
  title: string,
  tests: (path: string) => void,
): void {
  const starter = starterOf(name);
  if (starter?.kind === 'program') describe(title, () => tests(pathOf(starter.command)));
  else declareSkipped(name, title);
}

/** Where a command is. */
function pathOf(command: string): string {
  const folders = isAbsolute(command) ? [''] : (process.env.PATH ?? '').split(delimiter);
  const paths = folders.map((folder) => join(folder, command));
  return paths.find((path) => existsSync(path)) ?? command;
}

/** The same for tests that start images themselves, as the cluster does. */
export function describeWithImages(
  names: readonly UpstreamImage[],
  title: string,
  tests: () => void,
): void {
  const missing = names.map((name) => upstreamImages[name]).find((image) => !isPresent(image));
  if (missing === undefined) describe(title, tests);
  else declareSkippedFor(title, `skipped: ${missing} not found, pull it`);
}

function declareSkipped(name: ToolName, title: string): void {
  const spec: ToolSpec = specs[name];
  const orPull = spec.image === undefined ? '' : ` or pull ${spec.image}`;
  declareSkippedFor(title, `skipped: ${spec.command} not found, install ${spec.install}${orPull}`);
}

function declareSkippedFor(title: string, message: string): void {
  if (process.env.CI) {
    test(`${title}: what it needs is there`, () => {
      throw new Error(message);
    });
  } else {
    // Jest names skipped tests only when it runs a single file.
    process.stderr.write(`${title}: ${message}\n`);
    test.skip(`${title}: ${message}`, () => undefined);
  }
}

/** Text by path. */
export type Files = Readonly<Record<string, string>>;

interface BenchOptions {
  readonly files: (folder: string, scratch: string) => Files;
  /** So that the server ends with the tests, whatever becomes of them. */
  readonly remember: (server: ToolServer) => void;
}

function benchOf(starter: Starter, folder: string, { files, remember }: BenchOptions): Bench {
  const seen = starter.kind === 'image' ? INSIDE : folder;
  const scratch = starter.kind === 'image' ? '/tmp' : folder;
  // The image's user is another one than ours.
  chmodSync(folder, 0o755);
  for (const [file, text] of Object.entries(files(seen, scratch))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return {
    folder: seen,
    path: folder,
    scratch,
    run: (...args) =>
      starter.kind === 'program'
        ? execute(starter.command, args, folder)
        : execute('docker', [
            ...dockerRun(folder),
            '--entrypoint',
            starter.command,
            starter.image,
            ...args,
          ]),
    serve: async (port, args) => {
      const server = await (starter.kind === 'program'
        ? serveProgram(starter.command, args, folder)
        : serveContainer(
            [...mounted(folder), '--entrypoint', starter.command, starter.image],
            args,
            port,
          ));
      remember(server);
      return server;
    },
    serveResident: async (args, { first, env = {} } = {}) => {
      const { command } = starter;
      const before = first === undefined ? [] : ['/bin/sh', '-c', RUN_FIRST, 'sh', first];
      const [entry = command, ...rest] = [...before, command];
      const all: ServerArgs = (address) => [...rest, ...args(address)];
      const server = await (starter.kind === 'program'
        ? serveProgram(entry, all, folder, env)
        : serveResident(
            [
              ...['--volume', `${folder}:${INSIDE}`, '--workdir', INSIDE],
              ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
              ...['--entrypoint', entry, starter.image],
            ],
            all,
          ));
      remember(server);
      return server;
    },
  };
}

const dockerRun = (folder: string): string[] => [
  ...['run', '--rm', '--interactive', '--network', 'none', ...mounted(folder)],
];

const mounted = (folder: string): string[] => [
  ...['--tmpfs', '/tmp', '--volume', `${folder}:${INSIDE}:ro`, '--workdir', INSIDE],
];
