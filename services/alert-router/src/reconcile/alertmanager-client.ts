import https from 'node:https';
import type { TlsMaterial } from '../../../shared/tls-server';
import { parseAlerts, parseStart, type SeenAlert } from './api-v2';

/** What one Alertmanager says. */
export interface AlertmanagerView {
  /** All that fire, the suppressed ones too. */
  readonly alerts: readonly SeenAlert[];
  /** It has run long enough to know of everything that fires. */
  readonly settled: boolean;
}

/** For a whole answer, in milliseconds. */
const TIMEOUT_MS = 10_000;
/** 40,000 alerts of 800 bytes. */
const MAX_BYTES = 32 * 1024 * 1024;
/**
 * Alertmanager keeps alerts in memory only; after a start it knows what Prometheus has sent again, which it does at
 * least every minute (its --rules.alert.resend-delay) and one evaluation.
 */
const SETTLED_AFTER_MS = 5 * 60_000;

/**
 * Asks an Alertmanager's API v2 over mutual TLS; its certificate must carry the name in the URL.
 *
 * @param base such as `https://alertmanager.monitoring.svc:9093`
 * @param material our certificate, and the CA that signed its
 * @param settledAfterMs time since its start after which it knows of everything, in milliseconds
 * @throws Error naming the Alertmanager when it does not answer, or not as API v2 does
 */
export async function askAlertmanager(
  base: string,
  material: TlsMaterial,
  signal: AbortSignal,
  settledAfterMs = SETTLED_AFTER_MS,
): Promise<AlertmanagerView> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const get = (path: string): Promise<Answer> =>
    getJson(new URL(`${base.replace(/\/$/, '')}/api/v2/${path}`), {
      material,
      signal: AbortSignal.any([signal, limit]),
    });
  try {
    const status = await get('status');
    const alerts = parseAlerts((await get('alerts')).body);
    // By its own clock, so that ours may differ.
    const upMs = status.date - parseStart(status.body);
    return { alerts, settled: upMs > settledAfterMs };
  } catch (error) {
    const reason = limit.aborted ? `no answer within ${TIMEOUT_MS} ms` : (error as Error).message;
    throw new Error(`${base}: ${reason}`, { cause: error });
  }
}

interface Answer {
  readonly body: unknown;
  /** When it was made, by the server's clock; milliseconds since the Unix epoch. */
  readonly date: number;
}

interface GetOptions {
  readonly material: TlsMaterial;
  readonly signal: AbortSignal;
}

function getJson(url: URL, { material, signal }: GetOptions): Promise<Answer> {
  const { cert, key, ca } = material;
  return new Promise((resolve, reject) => {
    // Once a minute: no connection is kept, so that each is verified with the certificates of the moment.
    const options = { cert, key, ca, signal, agent: false, minVersion: 'TLSv1.2' } as const;
    const request = https.get(url, options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes <= MAX_BYTES) return;
        reject(new Error(`an answer of more than ${MAX_BYTES} bytes`));
        request.destroy();
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode, headers } = response;
        if (statusCode !== 200) reject(new Error(`it answered ${statusCode}`));
        else resolve(answerOf(Buffer.concat(chunks).toString('utf8'), headers.date));
      });
    });
    request.on('error', reject);
  });
}

function answerOf(text: string, date: string | undefined): Answer {
  const at = date === undefined ? NaN : Date.parse(date);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return { body, date: Number.isNaN(at) ? Date.now() : at };
}
