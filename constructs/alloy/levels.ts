import { block, type Block } from './syntax';

/** The levels of the contract, and how else they are written: words, numbers of pino, letters of klog. */
const SPELLINGS = {
  debug: ['debug', 'trace', '10', '20', 'd'],
  info: ['info', 'information', 'informational', 'notice', '30', 'i'],
  warning: ['warning', 'warn', '40', 'w'],
  error: ['error', 'err', '50', 'e'],
  critical: ['critical', 'crit', 'fatal', 'panic', 'alert', 'emerg', 'emergency', '60', 'f'],
} as const;

/**
 * Where a line says its level, the first that is there:
 * `I1121 19:02:03.…` (klog), `"level":"warn"` or `"level":40` (JSON), `level=warn` (logfmt),
 * `2026/11/21 19:02:03 [error]` (nginx), `[…] [ssl:error]` (httpd), and a word at the beginning, as in `[ERROR] plugin`.
 */
const LEVEL = [
  String.raw`^(?P<klog>[IWEF])\d{4} \d\d:`,
  String.raw`^\[?(?P<word>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)\b`,
  String.raw`(?:${[
    String.raw`"(?:level|severity|lvl)"\s*:\s*"?`,
    String.raw`(?:^|\s)(?:level|severity|lvl)="?`,
    String.raw`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[`,
    String.raw`^\[[^\]]+\] \[(?:\w+:)?`,
  ].join('|')})(?P<named>[A-Za-z]+|\d+)`,
].join('|');

const conditions = Object.entries(SPELLINGS).map(
  ([level, [first, ...others]]) =>
    `{{ if eq $said ${[first, ...others].map((one) => `"${one}"`).join(' ')} }}${level}{{ end }}`,
);

/**
 * Stages that give a line the metadata `level`, in one spelling; a line that says none gets none.
 *
 * @param fallback extracted value that says the level where the line does not. Default: none
 */
export const levelStages = (fallback?: string): readonly Block[] => [
  block('stage.regex', { expression: LEVEL }),
  block('stage.template', {
    source: 'level',
    template: `{{ $said := ToLower (or .klog .word .named ${fallback ? `.${fallback} ` : ''}"") }}${conditions.join('')}`,
  }),
  block('stage.structured_metadata', { values: { level: '' } }),
];
