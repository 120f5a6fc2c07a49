import { secretValue } from '../../../services/certificate-controller/src/kube';
import {
  applied,
  authoritySecret,
  expectConsistent,
  keyPool,
  secretOf,
  templateAnnotations,
  TestController,
  testPlan,
} from '../../support/controller';
import type { GenerateKey } from '../../../services/certificate-controller/src/issue';
import type { FakeApiServer } from '../../support/fake-api-server';
import { TestClock } from '../../support/test-clock';

const plan = testPlan();
let generateKey: GenerateKey;
let server: FakeApiServer;
let clock: TestClock;

beforeAll(async () => {
  generateKey = await keyPool();
});
beforeEach(async () => {
  clock = new TestClock();
  server = await applied(plan);
});
afterEach(async () => {
  expect(server.violations).toEqual([]);
  await server.dispose();
});

const controller = (): TestController => new TestController(server, clock, generateKey);

test('first start: CA, every leaf and the password, and no restart', async () => {
  const one = controller();
  const outcome = await one.converge(plan);
  expect(outcome).toMatchObject({ again: false, failure: undefined });
  expect(outcome.material?.cert).toContain('BEGIN CERTIFICATE');
  expectConsistent(server, plan);
  const password = secretValue(secretOf(server, 'monitoring', 'grafana-admin'), 'password');
  expect(password).toMatch(/^[-_A-Za-z0-9]{32}$/);
  expect(templateAnnotations(server, 'statefulsets', 'loki')).toEqual({});
  expect(templateAnnotations(server, 'deployments', 'grafana')).toEqual({});
  expect(authoritySecret(server).metadata.annotations).toMatchObject({
    'vigil.local/rotation-phase': 'steady',
  });
});
