import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../cli/lib/free-port';
import { toYaml } from '../../constructs/kubernetes';
import { TENANT, lokiConfig } from '../../constructs/loki/config';
import { parseSettings } from '../../constructs/settings';
import { describeWith, type Bench, type Files } from './tools';

/** A line to push. */
export interface PushedLine {
  readonly line: string;
  /** @default now */
  readonly at?: Date;
  /** Structured metadata. @default none */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface PushedStream {
  readonly labels: Readonly<Record<string, string>>;
  readonly lines: readonly PushedLine[];
}

/** A series of a metric query, or a stream of a log query, as Loki's API gives it. */
export interface LokiResult {
  /** Labels of a series. */
  readonly metric?: Readonly<Record<string, string>>;
  /** Labels of a stream, with the structured metadata of its lines among them. */
  readonly stream?: Readonly<Record<string, string>>;
  /** Of a series at one moment: seconds, and the value. */
  readonly value?: readonly [number, string];
  /** Of a series over time: seconds and values; of a stream: nanoseconds and lines. */
  readonly values?: readonly (readonly [number | string, string])[];
}

export interface LokiRange {
  readonly start: Date;
  readonly end: Date;
  /** Seconds between values. @default Loki's own choice */
  readonly step?: number;
  /** Lines at most, of a log query. @default 5000 */
  readonly limit?: number;
}

/** A rule as the ruler sees it. */
export interface LokiRule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
  readonly state?: 'inactive' | 'pending' | 'firing';
  readonly alerts?: readonly {
    readonly state: 'pending' | 'firing';
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly value: string;
  }[];
}

export interface LokiRuleGroup {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly LokiRule[];
}

export interface LokiServer {
  /** Where it listens, such as `http://127.0.0.1:40000`. */
  readonly url: string;
  /** @throws Error with Loki's words when it refuses lines. */
  push(streams: readonly PushedStream[]): Promise<void>;
  /** Writes what it has in memory to the disk, as it does with what is old. */
  flush(): Promise<void>;
  /** The result at one moment. @default now. @throws Error with Loki's words when it refuses the query. */
  query(logql: string, at?: Date): Promise<LokiResult[]>;
  /** The result over time. @throws Error with Loki's words when it refuses the query. */
  queryRange(logql: string, range: LokiRange): Promise<LokiResult[]>;
  /** What the ruler has loaded, and how it stands. */
  rules(): Promise<LokiRuleGroup[]>;
  /** Kills it; what it has taken in is there again after `restart`. */
  stop(): Promise<void>;
  /** Starts it again with its data, at another port. */
  restart(): Promise<LokiServer>;
}

export interface LokiOptions {
  /** Text of rule files by name. @default none */
  readonly rules?: Files;
  /** @default none: alerts are sent to nobody */
  readonly alertmanagerUrl?: string;
}

/** Starts a Loki that is ready. */
export type StartLoki = (options?: LokiOptions) => Promise<LokiServer>;

const READY_MS = 30_000;

/** Declares tests with a real Loki, which runs with our own configuration; see `describeWith`. */
export function describeWithLoki(title: string, tests: (startLoki: StartLoki) => void): void {
  describeWith('loki', title, (bench) => {
    tests(async ({ rules = {}, alertmanagerUrl } = {}) => {
      const grpcPort = await freePort();
      const running = bench((folder) => ({
        'loki.yml': toYaml(
          lokiConfig(parseSettings({}), {
            httpPort: 0,
            grpcPort,
            data: `${folder}/data`,
            rules: `${folder}/rules`,
            ...(alertmanagerUrl !== undefined && { alertmanager: alertmanagerUrl }),
          }),
        ),
        ...Object.fromEntries(
          Object.entries(rules).map(([file, text]) => [`rules/${TENANT}/${file}`, text]),
        ),
      }));
      return serve(running);
    });
  });
}

async function serve(bench: Bench): Promise<LokiServer> {
  const { port, stop } = await bench.serveResident((address) => [
    `-config.file=${bench.folder}/loki.yml`,
    `-server.http-listen-port=${address.split(':').at(-1)}`,
  ]);
  const url = `http://127.0.0.1:${port}`;
  await ready(url);
  const ask = async <T>(path: string, parameters: Record<string, string> = {}): Promise<T> => {
    const response = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`Loki: ${path}: ${response.status} ${text.trim()}`);
    return (JSON.parse(text) as { data: T }).data;
  };
  const queried = async (path: string, parameters: Record<string, string>) =>
    (await ask<{ result: LokiResult[] }>(`/loki/api/v1/${path}`, parameters)).result;
  return {
    url,
    push: (streams) => push(url, streams),
    flush: async () => {
      const { ok, status } = await fetch(`${url}/flush`, { method: 'POST' });
      if (!ok) throw new Error(`Loki: flush: ${status}`);
    },
    query: (logql, at = new Date()) => queried('query', { query: logql, time: nanoseconds(at) }),
    queryRange: (logql, { start, end, step, limit = 5000 }) =>
      queried('query_range', {
        query: logql,
        start: nanoseconds(start),
        end: nanoseconds(end),
        limit: String(limit),
        ...(step !== undefined && { step: String(step) }),
      }),
    rules: async () => (await ask<{ groups: LokiRuleGroup[] }>('/prometheus/api/v1/rules')).groups,
    stop,
    restart: async () => {
      await stop();
      return serve(bench);
    },
  };
}

async function ready(url: string): Promise<void> {
  const end = Date.now() + READY_MS;
  for (;;) {
    const response = await fetch(`${url}/ready`).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > end) {
      throw new Error(`Loki is not ready: ${response ? await response.text() : 'no answer'}`);
    }
    await delay(100);
  }
}

async function push(url: string, streams: readonly PushedStream[]): Promise<void> {
  const body = {
    streams: streams.map(({ labels, lines }) => ({
      stream: labels,
      values: lines.map(({ line, at = new Date(), metadata }) => [
        nanoseconds(at),
        line,
        ...(metadata ? [metadata] : []),
      ]),
    })),
  };
  const response = await fetch(`${url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`Loki: push: ${response.status} ${await response.text()}`);
}

const nanoseconds = (at: Date): string => `${at.getTime()}000000`;
