import { COLOURS } from '../../../services/alert-router/src/messages/discord';
import type { AlertStatus } from '../../../services/alert-router/src/model';
import type { APIEmbed } from 'discord-api-types/v10';
import { visibleEmbeds, type RecordedMessage } from '../../../fakes/discord';
import type { RecordedMail } from '../../../fakes/mailbox';
import { tokensIn } from './alerts';

/** One thing that a message says of one alert. */
export interface Told {
  readonly token: string;
  readonly status: AlertStatus;
}

/** The tokens that people see in a message. */
export function tokensShown({ payload }: RecordedMessage): Set<string> {
  const texts = visibleEmbeds(payload).flatMap(textsOf);
  return tokensIn([payload.content ?? '', ...texts].join('\n'));
}

/** What a message in a channel says: green tells an end, other colours a beginning. */
export const toldByMessage = ({ payload }: RecordedMessage): Told[] =>
  visibleEmbeds(payload).flatMap((embed) =>
    unitsOf(embed).flatMap((unit) => toldBy(unit, embed.color === COLOURS.resolved)),
  );

/** What a mail says, which has paragraphs about one alert each, or a list with a line for each. */
export const toldByMail = ({ parsed: { text = '' } }: RecordedMail): Told[] =>
  text
    .split(/\r?\n\s*\r?\n|\r?\n(?=\* )/)
    .flatMap((unit) =>
      toldBy(unit, /^(?:\* |Status: )(?:Resolved|Fired and resolved)/m.test(unit)),
    );

function toldBy(text: string, isResolved: boolean): Told[] {
  const tellsBoth = /fired and resolved/i.test(text);
  const statuses: AlertStatus[] = [
    ...(!isResolved || tellsBoth ? (['firing'] as const) : []),
    ...(isResolved ? (['resolved'] as const) : []),
  ];
  return [...tokensIn(text)].flatMap((token) => statuses.map((status) => ({ token, status })));
}

/** A card is about one alert, and has a title of its own; in a digest, each line may tell another story. */
function unitsOf(embed: APIEmbed): string[] {
  const isDigest = embed.title === undefined || /: \d+ alerts?$/.test(embed.title);
  return isDigest ? (embed.description ?? '').split('\n') : [textsOf(embed).join('\n')];
}

const textsOf = ({ title = '', description = '', fields = [], footer }: APIEmbed): string[] => [
  title,
  description,
  ...fields.flatMap(({ name, value }) => [name, value]),
  footer?.text ?? '',
];
