import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { RouterProcess } from '../../../../cli/lib/try/router-process';
import { Troubles } from '../../../../cli/lib/try/troubles';
import { FakeDiscord } from '../../../../fakes/discord';
import { FakeMailbox } from '../../../../fakes/mailbox';
import { until } from '../../../services/alert-router/delivery/rig';

/** So that a trouble of 15 seconds is over after 50 milliseconds. */
const SPEED = 300;

let discord: FakeDiscord;
let mailbox: FakeMailbox;
let troubles: Troubles;

beforeEach(async () => {
  discord = new FakeDiscord({ channels: ['general'] });
  mailbox = new FakeMailbox();
  await Promise.all([discord.listen(), mailbox.listen()]);
  troubles = new Troubles({ discord, mailbox, router: new RouterProcess('', {}) }, SPEED);
});
afterEach(async () => {
  troubles.stop();
  await Promise.all([discord.close(), mailbox.close()]);
});

async function take(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test('a trouble ends by itself', async () => {
  await troubles.begin('outage');
  expect(troubles.current).toMatchObject([{ action: 'outage' }]);
  await until(() => troubles.current.length === 0);
  expect((await fetch(discord.origin)).status).toBeGreaterThan(0);
  expect(troubles.failure).toBeUndefined();
});

test('when its port was taken meanwhile it says so, and ends when the port is free', async () => {
  const port = Number(new URL(mailbox.url).port);
  await troubles.begin('no-mail');
  const other = await take(port);
  await until(() => troubles.failure !== undefined);
  expect(troubles.failure).toMatch(/tried again: .*EADDRINUSE/);
  expect(troubles.current).toMatchObject([{ action: 'no-mail' }]);
  other.close();
  await until(() => troubles.current.length === 0);
  expect(troubles.failure).toBeUndefined();
  await expect(take(port)).rejects.toThrow('EADDRINUSE');
});
