import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SINK_ROUTING } from '../../../../bench/lib/router/accept';
import { benchAlerts } from '../../../../bench/lib/router/alerts';
import { Audit } from '../../../../bench/lib/router/audit';
import { destinationsOf, FarEnds } from '../../../../bench/lib/router/far-ends';
import { benchConfig, flagsOf } from '../../../../bench/lib/router/rig';
import { ROOT } from '../../../../cli/lib/paths';
import { defaultChannels } from '../../../../constructs/settings';
import { parseConfig } from '../../../../services/alert-router/src/config/schema';
import { Router } from '../../../../services/alert-router/src/routing/router';

test('the router is started with the flags of its image', () => {
  const dockerfile = readFileSync(join(ROOT, 'services/alert-router/Dockerfile'), 'utf8');
  expect(flagsOf(dockerfile)).toContainEqual(expect.stringMatching(/^--max-old-space-size=\d+$/));
  expect(() => flagsOf('FROM node\nENTRYPOINT ["sh", "main.js"]\n')).toThrow('does not start node');
});

test('the router takes the configuration of a bench', () => {
  const config = benchConfig(SINK_ROUTING);
  expect(parseConfig(JSON.stringify(config))).toEqual(config);
});

test('the audit expects alerts where the router routes them', async () => {
  const ends = new FarEnds(new Audit());
  await ends.listen();
  try {
    const config = parseConfig(JSON.stringify(benchConfig(ends.routing())));
    expect(Object.keys(ends.credentials()).sort()).toEqual(Object.keys(config.destinations).sort());
    const router = new Router(config);
    for (const category of defaultChannels) {
      for (const { labels } of benchAlerts(20, 1)) {
        const categorised = { ...labels, category };
        const routed = [...router.route(categorised).destinations].sort();
        expect(routed).toEqual(destinationsOf(categorised).sort());
      }
    }
  } finally {
    await ends.close();
  }
});
