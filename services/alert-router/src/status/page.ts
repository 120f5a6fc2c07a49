import { createHash } from 'node:crypto';
import { Html, html } from './html';
import type { DestinationStatus, RouterStatus, SettledDelivery } from './status';
import { ago, duration, problemsOf, stateOf } from './words';

const REFRESH_SECONDS = 15;

const STYLE = `
:root { color-scheme: light dark; --line: #c8ccd1; --bad: #b3261e; --good: #1a6b34; --note: #5c6370; }
@media (prefers-color-scheme: dark) {
  :root { --line: #444a52; --bad: #ff9b94; --good: #7fd79a; --note: #a5adba; }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
.note { color: var(--note); }
.bad { color: var(--bad); font-weight: 600; }
.good { color: var(--good); font-weight: 600; }
.scroll { overflow-x: auto; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
caption { font-weight: 600; font-size: 1.15rem; text-align: start; padding: .25rem 0; }
th, td { text-align: start; vertical-align: top; padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--line); }
td, thead th { white-space: nowrap; }
td.text { white-space: normal; overflow-wrap: anywhere; min-width: 12rem; }
td.number, th.number { text-align: end; font-variant-numeric: tabular-nums; }
`;

/** Headers of the page: nothing is loaded, run, framed, sent or kept; only this one style applies. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The status page: one document without scripts, which loads itself anew. */
export function renderPage(status: RouterStatus): string {
  const { version, startedAt, now } = status;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="${REFRESH_SECONDS}" />
        <title>${title(status)}</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          <h1>Alert-router</h1>
          <p class="note">
            Version ${version}, running for ${duration(now - startedAt)}, as of
            ${new Date(now).toISOString().slice(0, 19)}Z. This page only shows; to act, use
            <code>npx vigil alerts</code>.
          </p>
          ${verdict(status)} ${overview(status)} ${destinations(status)}
          ${settled('Dead letters', 'None: nothing was given up.', status.deadLetters, now)}
          ${settled('Last deliveries', 'Nothing was delivered yet.', status.lastDeliveries, now)}
        </main>
      </body>
    </html> `.text;
}

const title = (status: RouterStatus): string => {
  const problems = problemsOf(status).length;
  return problems === 0 ? 'Alert-router: all is well' : `Alert-router: not well (${problems})`;
};

function verdict(status: RouterStatus): Html {
  const problems = problemsOf(status);
  if (problems.length === 0) return html`<p class="good" role="status">All is well.</p>`;
  return html`<div role="status">
    <p class="bad">Not well:</p>
    <ul>
      ${problems.map((problem) => html`<li>${problem}</li>`)}
    </ul>
  </div>`;
}

function overview({ heartbeat, reconciler, store, totals, now }: RouterStatus): Html {
  const { accepted, delivered, coalesced, dead, expired, pending } = totals;
  const rows: [string, string][] = [
    ['Heartbeat of Alertmanager', ago(heartbeat.lastAt, now)],
    [
      'Deliveries',
      `${accepted} accepted = ${delivered} delivered + ${coalesced} told with a later one + ${dead} dead + ${expired} expired + ${pending} pending`,
    ],
    [
      'Compared with Alertmanager',
      reconciler.enabled
        ? `${ago(reconciler.lastSuccessAt, now)}; found ${reconciler.added} that fired and ${reconciler.resolved} that ended`
        : 'switched off',
    ],
    ['Database', `${(store.bytes / 1_048_576).toFixed(1)} MiB`],
  ];
  const body = rows.map(
    ([name, value]) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td class="text">${value}</td>
      </tr>`,
  );
  return table('Overview', undefined, body);
}

function destinations({ destinations: all, now }: RouterStatus): Html {
  const head = html`<tr>
    <th scope="col">Name</th>
    <th scope="col">Kind</th>
    <th scope="col">State</th>
    <th scope="col" class="number">Pending</th>
    <th scope="col" class="number">Delivered</th>
    <th scope="col" class="number">Dead</th>
    <th scope="col">Last delivery</th>
    <th scope="col">Last error</th>
  </tr>`;
  return table(
    'Destinations',
    head,
    all.map((one) => destinationRow(one, now)),
  );
}

function destinationRow(one: DestinationStatus, now: number): Html {
  const { oldestPendingSeconds: oldest, pending } = one;
  const age = oldest === undefined || pending === 0 ? '' : ` (oldest ${duration(oldest * 1000)})`;
  return html`<tr>
    <th scope="row">${one.name}</th>
    <td>${one.kind}</td>
    <td class="text ${CLASSES[one.state]}">${stateOf(one, now)}</td>
    <td class="number">${pending}${age}</td>
    <td class="number">${one.delivered}</td>
    <td class="number">${one.dead}</td>
    <td>${ago(one.lastDeliveredAt, now)}</td>
    <td class="text">${one.lastError ?? 'none'}</td>
  </tr>`;
}

const CLASSES: Readonly<Record<DestinationStatus['state'], string>> = {
  ready: 'good',
  waiting: '',
  retrying: 'bad',
  unhealthy: 'bad',
  parked: 'note',
};

function settled(
  caption: string,
  none: string,
  all: readonly SettledDelivery[],
  now: number,
): Html {
  if (all.length === 0) {
    return table(caption, undefined, [
      html`<tr>
        <td class="text note">${none}</td>
      </tr>`,
    ]);
  }
  const head = html`<tr>
    <th scope="col">Id</th>
    <th scope="col">When</th>
    <th scope="col">Destination</th>
    <th scope="col">Alert</th>
    <th scope="col">Outcome</th>
  </tr>`;
  return table(
    caption,
    head,
    all.map((one) => settledRow(one, now)),
  );
}

function settledRow(one: SettledDelivery, now: number): Html {
  const { outcome, reason } = one;
  return html`<tr>
    <td>${one.id}</td>
    <td>${ago(one.settledAt, now)}</td>
    <td>${one.destination}</td>
    <td class="text">
      <strong>${one.alertname}</strong> ${one.kind}, ${one.severity}<br /><span class="note"
        >${one.labels}</span
      >
    </td>
    <td class="text">${outcome}${reason === undefined ? '' : `: ${reason}`}</td>
  </tr>`;
}

/** A table that scrolls by itself where it is too wide; it can be scrolled by keyboard, too. */
function table(caption: string, head: Html | undefined, rows: readonly Html[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      ${
        head
          ? html`<thead>
              ${head}
            </thead>`
          : ''
      }
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
