import { NOT_ALLOWED } from '../../../constructs/kubernetes/nginx';
import {
  appLogins,
  audited,
  onceEach,
  refusedConnections,
  sshLogins,
  sudoCommands,
} from '../../../constructs/loki/selectors';
import { LOG_JOBS } from '../../../constructs/loki/streams';
import { describeWithLoki, type LokiServer, type PushedStream } from '../../support/loki-server';

const app = (name: string, lines: readonly string[]): PushedStream => ({
  labels: { job: LOG_JOBS.container, namespace: 'web', app: name, container: name, node: 'worker' },
  lines: lines.map((line) => ({ line })),
});

const journal = (identifier: string, lines: readonly string[]): PushedStream => ({
  labels: { job: LOG_JOBS.journal, node: 'worker' },
  lines: lines.map((line) => ({ line, metadata: { identifier } })),
});

/** A request as the API server logs it: with two lines if it lasts and is let in, else with one. */
function audit(metadata: Readonly<Record<string, string>>): PushedStream {
  const { verb, code } = metadata;
  const lasts = code === '101' || (verb === 'watch' && code === '200');
  const stages = [...(lasts ? ['ResponseStarted'] : []), 'ResponseComplete'];
  return {
    labels: { job: LOG_JOBS.audit, node: 'control-plane' },
    lines: stages.map((stage) => ({
      line: `{"kind":"Event","stage":"${stage}","verb":"${verb}","user":{},"responseStatus":{"metadata":{},"code":${code}}}`,
      metadata,
    })),
  };
}

const attempt = (msg: string, user: string, client: string): string =>
  JSON.stringify({ level: 'WARNING', user, client, outcome: 'failed', msg });

describeWithLoki('Loki', (startLoki) => {
  let loki: LokiServer;
  beforeAll(async () => {
    loki = await startLoki();
    await loki.push([
      app('sample-app', [
        attempt('Failed login attempt', 'ada', '10.0.0.1'),
        attempt('Failed login attempt', '"msg":"Login succeeded"', '10.0.0.2'),
        attempt('Login succeeded', 'ada', '10.0.0.1'),
        attempt('Login rate limited', 'ada', '10.0.0.1'),
      ]),
      app('prometheus', [
        'level=ERROR msg="http: TLS handshake error from 10.0.0.9:4000: tls: client didn\'t provide a certificate"',
        'level=ERROR msg="http: TLS handshake error from 10.0.0.8:4001: EOF"',
        'level=ERROR msg="http: TLS handshake error from 10.0.0.8:4002: read tcp: connection reset by peer"',
      ]),
      app('grafana', [`{"level":"warning","msg":"${NOT_ALLOWED}","client":"10.0.0.9"}`]),
      app('alert-router', ['{"level":"warn","identity":"a","msg":"identity not allowed"}']),
      journal('sshd', [
        'Failed password for root from 172.18.0.1 port 50000 ssh2',
        'Failed password for invalid user admin from 172.18.0.1 port 50001 ssh2',
        'Failed password for invalid user a from 1.2.3.4 port 1 ssh2 from 172.18.0.2 port 50002 ssh2',
        'Invalid user admin from 172.18.0.1 port 50001',
        'Accepted publickey for ada from 172.18.0.3 port 50003 ssh2: ED25519 SHA256:abc',
        'Connection closed by authenticating user root 172.18.0.1 port 50000 [preauth]',
      ]),
      journal('sshd-session', ['Failed password for ada from 172.18.0.4 port 50004 ssh2']),
      journal('kubelet', ['Failed password for root from 172.18.0.1 port 50000 ssh2']),
      journal('sudo', [
        '     ada : TTY=pts/0 ; PWD=/home/ada ; USER=root ; COMMAND=/usr/bin/id -u',
        '     bob : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh',
        'pam_unix(sudo:session): session opened for user root(uid=0) by ada(uid=1000)',
      ]),
      ...['get', 'create'].flatMap((verb) =>
        ['secrets', 'clusterrolebindings', 'roles', 'configmaps'].map((resource) =>
          audit({ user: 'ada', verb, resource, code: verb === 'get' ? '403' : '201' }),
        ),
      ),
      ...['exec', 'portforward', 'status'].map((subresource) =>
        audit({ user: 'eve', verb: 'get', resource: 'pods', subresource, code: '101' }),
      ),
      audit({ user: 'eve', verb: 'get', resource: 'pods', subresource: 'attach', code: '403' }),
      ...['200', '403'].map((code) =>
        audit({ user: 'eve', verb: 'watch', resource: 'secrets', code }),
      ),
      audit({ user: 'system:anonymous', verb: 'get', resource: 'nodes', code: '401' }),
    ]);
  }, 60_000);

  /** How many lines there are of each combination of labels, joined with spaces. */
  async function counted(lines: string, ...by: string[]): Promise<Record<string, number>> {
    const found = await loki.query(`sum by (${by.join(', ')}) (count_over_time(${lines} [1h]))`);
    return Object.fromEntries(
      found.map(({ metric = {}, value = [0, 'NaN'] }) => [
        by.map((label) => metric[label]).join(' '),
        Number(value[1]),
      ]),
    );
  }

  test('logins to apps, by user and address; a user name says nothing about the outcome', async () => {
    expect(await counted(appLogins.failed, 'user', 'client')).toEqual({
      'ada 10.0.0.1': 1,
      '"msg":"Login succeeded" 10.0.0.2': 1,
    });
    expect(await counted(appLogins.succeeded, 'user', 'client')).toEqual({ 'ada 10.0.0.1': 1 });
  });

  test('logins to nodes, by user and address; a user name is no address', async () => {
    expect(await counted(sshLogins.failed, 'user', 'client')).toEqual({
      'root 172.18.0.1': 1,
      'admin 172.18.0.1': 1,
      'a from 1.2.3.4 port 1 ssh2 172.18.0.2': 1,
      'ada 172.18.0.4': 1,
    });
    expect(await counted(sshLogins.succeeded, 'user', 'client')).toEqual({ 'ada 172.18.0.3': 1 });
  });

  test('commands with sudo, run or refused', async () => {
    expect(await counted(sudoCommands, 'user', 'command')).toEqual({
      'ada /usr/bin/id -u': 1,
      'bob /bin/sh': 1,
    });
  });

  test('connections that were refused, and no mere probe of a port', async () => {
    expect(await counted(refusedConnections, 'app')).toEqual({
      prometheus: 1,
      grafana: 1,
      'alert-router': 1,
    });
  });

  test('the audit log by what was done, once for each request', async () => {
    expect(await counted(onceEach(audited.secretReads), 'verb', 'resource')).toEqual({
      'get secrets': 1,
      'watch secrets': 2,
    });
    expect(await counted(onceEach(audited.rbacChanges), 'verb', 'resource')).toEqual({
      'create clusterrolebindings': 1,
      'create roles': 1,
    });
    expect(await counted(onceEach(audited.changes), 'verb')).toEqual({ create: 4 });
    expect(await counted(onceEach(audited.podAccess), 'subresource')).toEqual({
      exec: 1,
      portforward: 1,
      attach: 1,
    });
    expect(await counted(onceEach(audited.anonymous), 'user')).toEqual({ 'system:anonymous': 1 });
    expect(await counted(onceEach(audited.refused), 'code')).toEqual({ '401': 1, '403': 6 });
  });
});
