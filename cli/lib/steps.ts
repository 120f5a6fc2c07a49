import type { ListrTask } from 'listr2';
import { formatSeconds, type Output } from './output';

/** One step of a verb, shown with its time. */
export interface Step {
  readonly title: string;
  /** Does the work; the text it returns completes the title ("apply: 3 created"). */
  readonly run: (report: (line: string) => void) => Promise<string | void>;
}

export interface StepTime {
  readonly step: string;
  /** Rounded to tenths. */
  readonly seconds: number;
}

/**
 * Runs groups of steps one after another, and the steps of one group side by side.
 *
 * @returns how long each took, in the order in which they ended.
 * @throws the first error of a group, once all of its steps have ended: nothing is left running behind a message.
 */
export async function runSteps(groups: readonly Step[][], output: Output): Promise<StepTime[]> {
  const times: StepTime[] = [];
  for (const group of groups) {
    const failures: unknown[] = [];
    const timed = group.map((step) => measured(step, times, failures));
    await (output.isInteractive ? runInteractive(timed) : runPlain(timed, output));
    if (failures.length > 0) throw failures[0];
  }
  return times;
}

interface MeasuredStep {
  readonly title: string;
  /** Returns the finished title. */
  readonly run: (report: (line: string) => void) => Promise<string>;
}

function measured(step: Step, times: StepTime[], failures: unknown[]): MeasuredStep {
  const run = async (report: (line: string) => void): Promise<string> => {
    const started = performance.now();
    try {
      const detail = await step.run(report);
      const elapsed = performance.now() - started;
      times.push({ step: step.title, seconds: Math.round(elapsed / 100) / 10 });
      return `${step.title}${detail ? `: ${detail}` : ''} (${formatSeconds(elapsed)})`;
    } catch (error) {
      failures.push(error);
      throw error;
    }
  };
  return { title: step.title, run };
}

/** Redrawn in place, for terminals. */
async function runInteractive(steps: MeasuredStep[]): Promise<void> {
  const { Listr } = await import('listr2');
  const tasks = steps.map((step): ListrTask => ({
    title: step.title,
    task: async (_context, task) => {
      task.title = await step.run((line) => (task.output = line));
    },
  }));
  await new Listr(tasks, {
    concurrent: true,
    exitOnError: false,
    // Ctrl-C is handled once, in session.ts; listr2's own handler would end the process in the middle of a step.
    registerSignalListeners: false,
    renderer: 'default',
    rendererOptions: { showErrorMessage: false },
  }).run();
}

/** One line for each step that ended and for each change of what it waits for: for logs and pipes. */
async function runPlain(steps: MeasuredStep[], output: Output): Promise<void> {
  await Promise.allSettled(
    steps.map(async ({ title, run }) => {
      let last: string | undefined;
      try {
        const done = await run((line) => {
          if (line !== last) output.note(`        ${title}: ${line}`);
          last = line;
        });
        output.note(`ok      ${done}`);
      } catch {
        output.note(`failed  ${title}`);
      }
    }),
  );
}
