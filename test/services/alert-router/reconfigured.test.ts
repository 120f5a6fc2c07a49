import { type Assembly, assemble } from '../../../services/alert-router/src/assembly';
import { readEnvironment } from '../../../services/alert-router/src/config/environment';
import type { Alert } from '../../../services/alert-router/src/model';
import { sweepRegularly } from '../../../services/alert-router/src/serve';
import type { DestinationState } from '../../../services/alert-router/src/status/status';
import { Store } from '../../../services/alert-router/src/store/store';
import { TestClock } from '../../support/test-clock';
import { TestAuthority } from './authority';
import { RouterFiles, testConfig } from './router-process';
import { alertOf, quiet, resolved, storeOptions, temporaryFolder } from './support';

const discord = { kind: 'discord' as const, origins: ['https://discord.com'] };
const ONE = testConfig();
const TWO = testConfig({
  destinations: { general: discord, other: discord },
  route: { destinations: ['general', 'other'], routes: [] },
});

describe('a destination is taken out of the configuration', () => {
  let files: RouterFiles;
  let router: Assembly;
  const start = (): Promise<Assembly> => {
    const environment = readEnvironment(files.environment);
    return assemble({ environment, clock: new TestClock(), logger: quiet });
  };
  const stop = async (): Promise<void> => {
    await router.dispatcher.stop(0);
    await router.store.close();
  };
  const accept = (alert: Alert): Promise<unknown> =>
    router.acceptor.accept({ groupKey: 'group', alerts: [alert], truncatedAlerts: 0 });

  beforeEach(async () => {
    files = new RouterFiles(temporaryFolder());
    files.writeTls(await (await TestAuthority.create()).issue('alert-router'));
    files.writeConfig(TWO);
    router = await start();
    await accept(alertOf('a'));
  });
  afterEach(() => stop());

  test('while the router runs', async () => {
    files.writeConfig(ONE);
    await router.source.poll();
    // Writes are in the order in which they were asked for, so that this one is after the burials.
    await accept(alertOf('b'));
    await accept(resolved(alertOf('a')));
    expect(router.store.totals().get('other')).toMatchObject({ accepted: 1, dead: 1 });
    expect(router.store.totals().get('general')).toMatchObject({ accepted: 3, pending: 3 });
  });

  test('while it was stopped', async () => {
    await stop();
    files.writeConfig(ONE);
    router = await start();
    await accept(alertOf('b'));
    await accept(alertOf('c'));
    expect(router.store.totals().get('other')).toMatchObject({ accepted: 1, dead: 1 });
  });
});

describe('the regular sweep', () => {
  test.each([
    ['unhealthy', 1],
    ['parked', 1],
    ['retrying', 0],
  ] as [DestinationState, number][])(
    'of a destination that is %s coalesces %d of a beginning and its end',
    async (state, coalesced) => {
      const stopping = new AbortController();
      const clock = new TestClock();
      clock.sleep = () => Promise.resolve(stopping.abort());
      const store = new Store(storeOptions({ clock }));
      for (const alert of [alertOf('a'), resolved(alertOf('a'))]) {
        await store.accept([{ destinations: ['general'], groupKey: 'g', alert }], 0);
      }
      const dispatcher = { statuses: () => [{ name: 'general', kind: 'discord', state }] };
      await sweepRegularly({ store, dispatcher, clock, logger: quiet, signal: stopping.signal });
      expect(store.totals().get('general')).toMatchObject({ coalesced, pending: 2 - coalesced });
      await store.close();
    },
  );
});
