import { alloyConfig } from '../../../constructs/alloy/config';
import {
  block,
  component,
  environment,
  exportOf,
  toAlloy,
  type Block,
} from '../../../constructs/alloy/syntax';
import { clientTls } from '../../../constructs/kubernetes';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import { describeWith } from '../../support/tools';

const write = component('loki.write', 'loki');
const everything: readonly Block[] = [
  block('logging', { level: 'warn' }),
  component(
    'loki.process',
    'strings',
    { forward_to: [exportOf(write, 'receiver')] },
    [
      'plain',
      'quotes " and \\ backslashes',
      'a ` backtick and "quotes"',
      'lines\nand\ttabs\r',
      'snowman ☃ and \u0001 control',
      '',
    ].map((value) => block('stage.static_labels', { values: { label: value, longer_label: 'x' } })),
  ),
  component(
    'loki.source.file',
    'files',
    {
      targets: [{ __path__: '/a', node: environment('NODE_NAME') }, { __path__: '/b' }],
      forward_to: [exportOf(write, 'receiver')],
      tail_from_end: true,
    },
    [block('file_match', { enabled: true, sync_period: '5s' })],
  ),
  write,
];

test('blocks, attributes and values', () => {
  expect(toAlloy(everything)).toMatchSnapshot();
});

describeWith('alloy', 'alloy', (bench) => {
  const config = alloyConfig(buildTopology(parseSettings({})), {
    logs: '/var/log',
    journals: ['/var/log/journal', '/run/log/journal'],
    auditLog: '/var/log/kubernetes/audit.log',
    loki: { url: 'https://loki.monitoring.svc:3100/loki/api/v1/push', tls: clientTls('loki') },
  });

  test.each([
    ['everything that the writer can write', toAlloy(everything)],
    ['our configuration', config],
  ])('%s is in the layout of alloy fmt, and valid', (_, text) => {
    const { run, folder } = bench(() => ({ 'config.alloy': text }));

    expect(run('fmt', `${folder}/config.alloy`)).toEqual({ code: 0, output: text });
    expect(run('validate', `${folder}/config.alloy`)).toEqual({ code: 0, output: '' });
  });

  test('a mistake is refused', () => {
    const { run, folder } = bench(() => ({
      'config.alloy': toAlloy([component('loki.process', 'x', { forward: [] })]),
    }));

    expect(run('validate', `${folder}/config.alloy`).code).toBe(1);
  });
});
