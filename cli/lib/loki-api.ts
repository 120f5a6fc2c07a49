import { Door, webDoor } from './door';
import type { KubeClient } from './kube-client';
import { activeAlertOf, type ActiveAlert, type RawAlert } from './prometheus-api';

/** A line of a log. */
export interface LogLine {
  /** When it was written, in nanoseconds since the Unix epoch. */
  readonly at: bigint;
  readonly text: string;
  /** Labels of its stream, and structured metadata of its own. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Which lines of those that an expression selects. */
export interface LogRange {
  /** The first moment, in nanoseconds since the Unix epoch. */
  readonly start: bigint;
  /** The first moment that is too late. @default - now */
  readonly end?: bigint;
  /** The most lines that are wanted; Loki refuses more than its `max_entries_limit_per_query`. @default 1000 */
  readonly limit?: number;
}

interface RawStream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [at: string, text: string])[];
}

/** How to reach Loki. */
export const LOKI_DOOR = webDoor('Loki', 'loki');

/** The moment as Loki has it, in nanoseconds. */
export const nanoseconds = (milliseconds: number): bigint =>
  BigInt(Math.trunc(milliseconds)) * 1_000_000n;

/** Loki, asked over mTLS with the technician's certificate through a port-forward. */
export class LokiApi {
  /** @param door leads to Loki. */
  public constructor(private readonly door: Pick<Door, 'get' | 'failure' | 'close'>) {}

  /** @throws CliError when the technician has no certificate yet. */
  public static async open(client: KubeClient, signal: AbortSignal): Promise<LokiApi> {
    return new LokiApi(await Door.open(client, LOKI_DOOR, signal));
  }

  /**
   * The lines that an expression selects, the oldest first.
   *
   * @throws CliError when Loki gives no answer, or refuses the expression.
   */
  public async query(
    expression: string,
    { start, end, limit = 1000 }: LogRange,
  ): Promise<LogLine[]> {
    const parameters = new URLSearchParams({
      query: expression,
      start: String(start),
      end: String(end ?? nanoseconds(Date.now())),
      limit: String(limit),
      direction: 'forward',
    });
    const { status, text } = await this.door.get(
      `/loki/api/v1/query_range?${parameters.toString()}`,
    );
    if (status !== 200) throw this.door.failure(`it answered ${status}: ${firstLine(text)}`);
    return linesOf((JSON.parse(text) as { data: { result: RawStream[] } }).data.result);
  }

  /** Alerts from logs that are pending or fire. @throws CliError when Loki gives no answer. */
  public async activeAlerts(): Promise<ActiveAlert[]> {
    const { status, text } = await this.door.get('/prometheus/api/v1/alerts');
    if (status !== 200) throw this.door.failure(`it answered ${status}: ${firstLine(text)}`);
    return (JSON.parse(text) as { data: { alerts: RawAlert[] } }).data.alerts.map(activeAlertOf);
  }

  public close(): void {
    this.door.close();
  }
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

function linesOf(streams: readonly RawStream[]): LogLine[] {
  const lines = streams.flatMap(({ stream, values }) =>
    values.map(([at, text]): LogLine => ({ at: BigInt(at), text, labels: stream })),
  );
  return lines.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
}
