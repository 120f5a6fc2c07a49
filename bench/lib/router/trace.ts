/** A system call that matters for the promise of an answer. */
export interface Step {
  readonly kind: 'log' | 'sync' | 'reply';
  readonly call: string;
}

/** Process, time, and the call. */
const LINE = /^(\d+)\s+[\d.]+ (.*)$/;
/** A call on a descriptor, with what the descriptor is (`-yy`), and what it returned. */
const CALL = /^(\w+)\(\d+<(TCP(?:v6)?:\[[^\]]*\]|[^>]*)>.*= (\d+)(?: |$)/;
/** Another thread's call came in between: the rest follows in a line of its own. */
const UNFINISHED = /^(.*) <unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. \w+ resumed>/;

/** Of an answer; the alert with which TLS closes a connection has fewer, and is none. */
const REPLY_BYTES = 64;
const REPLIES = new Set(['write', 'writev', 'sendmsg', 'sendto']);
const SYNCS = new Set(['fdatasync', 'fsync']);

/**
 * The steps in a trace that `strace -f -ttt -yy` made: writes to the write-ahead log, its syncs, and what is written to
 * TCP connections of a port. Each is where it ended.
 */
export function stepsOf(trace: string, port: number): Step[] {
  return callsOf(trace)
    .map((text) => stepOf(text, port))
    .filter((step) => step !== undefined);
}

/** Each call in one line, where it ended. */
function callsOf(trace: string): string[] {
  const begun = new Map<string, string>();
  return trace.split('\n').flatMap((line) => {
    const [, process = '', text = ''] = LINE.exec(line) ?? [];
    const [, beginning] = UNFINISHED.exec(text) ?? [];
    if (beginning === undefined) return [text.replace(RESUMED, () => begun.get(process) ?? '')];
    begun.set(process, beginning);
    return [];
  });
}

function stepOf(text: string, port: number): Step | undefined {
  const [, call = '', target = '', result] = CALL.exec(text) ?? [];
  if (target.endsWith('-wal')) return logStep(call);
  const isOurs = target.startsWith('TCP') && target.includes(`:${port}->`);
  const isReply = isOurs && REPLIES.has(call) && Number(result) >= REPLY_BYTES;
  return isReply ? { kind: 'reply', call } : undefined;
}

function logStep(call: string): Step | undefined {
  if (call === 'pwrite64') return { kind: 'log', call };
  return SYNCS.has(call) ? { kind: 'sync', call } : undefined;
}

/** The way to one answer: its calls in order, repetitions left out; and whether it kept the promise. */
export interface Answered {
  readonly calls: readonly string[];
  /** Written to the log, synced after the last write, and only then answered. */
  readonly durable: boolean;
}

/** The last answers of the steps, each with what came before it. */
export function answersOf(steps: readonly Step[], count: number): Answered[] {
  const answers: Step[][] = [];
  let current: Step[] = [];
  for (const step of steps) {
    current.push(step);
    if (step.kind !== 'reply') continue;
    answers.push(current);
    current = [];
  }
  return answers.slice(-count).map((way) => ({
    calls: way.map(({ call }) => call).filter((call, index, all) => call !== all[index - 1]),
    durable: isDurable(way),
  }));
}

function isDurable(way: readonly Step[]): boolean {
  const lastWrite = way.findLastIndex(({ kind }) => kind === 'log');
  const lastSync = way.findLastIndex(({ kind }) => kind === 'sync');
  return lastWrite >= 0 && lastWrite < lastSync && way.at(-1)?.kind === 'reply';
}
