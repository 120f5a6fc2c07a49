import type { KubeClient } from '../../cli/lib/kube-client';
import { settle, watchQuiet } from '../../bench/lib/quiet';
import { connect, openLoki, openPrometheus } from './support/cluster';

/** How long a healthy cluster is watched. The whole hour is measured by bench/quiet.ts. */
const MINUTES = Number(process.env.VIGIL_QUIET_MINUTES ?? 2);

describe('a healthy cluster', () => {
  let client: KubeClient;
  beforeAll(async () => {
    client = await connect();
  });
  afterAll(() => client.close());

  test(
    `is quiet for ${MINUTES} minutes: nothing fires or is pending but Watchdog`,
    async () => {
      const prometheus = await openPrometheus(client);
      const loki = await openLoki(client);
      try {
        const signal = AbortSignal.timeout((MINUTES + 5) * 60_000);
        const rulers = [prometheus, loki];
        await settle(rulers, signal);
        const { looks, alerts } = await watchQuiet(rulers, { minutes: MINUTES, signal });
        expect(looks).toBeGreaterThan(MINUTES * 10);
        expect(alerts).toEqual([]);
      } finally {
        loki.close();
        prometheus.close();
      }
    },
    (MINUTES + 6) * 60_000,
  );

  test('Watchdog fires', async () => {
    const prometheus = await openPrometheus(client);
    const samples = await prometheus.query('ALERTS{alertname="Watchdog",alertstate="firing"}');
    prometheus.close();
    expect(samples).toHaveLength(1);
  });
});
