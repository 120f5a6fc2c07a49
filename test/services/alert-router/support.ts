import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Alert } from '../../../services/alert-router/src/model';
import type { StoreOptions } from '../../../services/alert-router/src/store/store';
import { createLogger } from '../../../services/shared/logger';
import { TestClock } from '../../support/test-clock';

export const quiet = createLogger('test', 'silent');

/** An alert that fires, unless told otherwise; each name is another alert. */
export function alertOf(name: string, changes: Partial<Alert> = {}): Alert {
  return {
    fingerprint: `fp-${name}`,
    status: 'firing',
    labels: { alertname: name, severity: 'warning' },
    annotations: {},
    startsAt: Date.parse('2026-06-01T11:59:00Z'),
    ...changes,
  };
}

/** The end of an alert, four minutes after its start. */
export function resolved(alert: Alert): Alert {
  return { ...alert, status: 'resolved', endsAt: alert.startsAt + 240_000 };
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of the test file's own, removed after its tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'alert-router-'));
  folders.push(folder);
  return folder;
}

/** Options of a store in a folder of its own, on a clock that is moved by hand. */
export function storeOptions(changes: Partial<StoreOptions> = {}): StoreOptions {
  const file = path.join(temporaryFolder(), 'router.db');
  return { file, clock: new TestClock(), logger: quiet, ...changes };
}
