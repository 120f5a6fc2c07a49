import { lifeLeft } from './certificates';
import { formatTable, type Output } from './output';
import type { Status } from './cluster-status';

/** The one screen of `vigil status`. */
export function renderStatus(status: Status, output: Pick<Output, 'style'>): string {
  const sections: [string, string[][]][] = [
    ['NODES', nodeRows(status)],
    ['COMPONENTS', componentRows(status)],
    ['TARGETS', targetRows(status)],
    ['CERTIFICATES', certificateRows(status)],
    ['ALERTS', alertRows(status)],
  ];
  const lines = sections.flatMap(([title, rows]) => [
    output.style('bold', title),
    ...formatTable(rows).map((row) => `  ${row}`),
  ]);
  return [...lines, ...verdict(status, output)].join('\n');
}

const nodeRows = ({ nodes }: Status): string[][] =>
  nodes.map(({ name, ready, role, version }) => [
    name,
    ready ? 'ready' : 'NOT READY',
    role,
    version,
  ]);

function componentRows({ components }: Status): string[][] {
  if (components.length === 0) return [['none']];
  return components.map(({ namespace, name, ready, desired, restarts, nodes }) => [
    `${namespace}/${name}`,
    `${ready}/${desired}`,
    restarts === 1 ? '1 restart' : `${restarts} restarts`,
    nodes.join(', '),
  ]);
}

/** Several to a line: there are many, and mostly all is well. */
function targetRows({ targets }: Status): string[][] {
  if (targets.length === 0) return [['none']];
  const cells = targets.map(
    ({ job, up, total }) => `${job} ${up}/${total}${up < total || total === 0 ? ' DOWN' : ''}`,
  );
  return chunk(cells, 3);
}

function certificateRows({ certificates }: Status): string[][] {
  return chunk(
    certificates.map((each) => `${each.component} ${lifeLeft(each)}`),
    3,
  );
}

function alertRows({ alerts }: Status): string[][] {
  if (alerts.length === 0) return [['none']];
  return alerts.map(({ name, severity, summary }) => [name, severity, summary]);
}

function verdict({ ok, problems, context }: Status, output: Pick<Output, 'style'>): string[] {
  if (ok) return [output.style('green', `All is well (${context}).`)];
  const title = output.style('red', `Not well (${context}):`);
  return [title, ...problems.map((problem) => `  ${problem}`)];
}

function chunk(cells: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(cells.length / size) }, (_, row) =>
    cells.slice(row * size, (row + 1) * size),
  );
}
