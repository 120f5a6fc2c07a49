import type {
  APIEmbed,
  RESTPostAPIWebhookWithTokenJSONBody as WebhookPayload,
} from 'discord-api-types/v10';

/** The embeds that people see: of several with one `url`, Discord shows the first only. */
export function visibleEmbeds({ embeds = [] }: WebhookPayload): APIEmbed[] {
  return embeds.filter(
    ({ url }, index) =>
      url === undefined || embeds.findIndex((other) => other.url === url) === index,
  );
}

/**
 * Those whom a message pings, as written: only its content can, never an embed. Without `allowed_mentions` a
 * webhook's message pings users.
 *
 * https://discord.com/developers/docs/resources/message#allowed-mentions-object
 */
export function pingsOf({ content, allowed_mentions: allowed }: WebhookPayload): string[] {
  const { parse = [], users = [], roles = [] } = allowed ?? { parse: ['users'] };
  const kinds = new Set<string>(parse);
  const mentions = (content ?? '').matchAll(/@everyone|@here|<@!?(?<user>\d+)>|<@&(?<role>\d+)>/g);
  return [...mentions]
    .filter(({ groups: { user, role } = {} }) => {
      if (user !== undefined) return kinds.has('users') || users.includes(user);
      if (role !== undefined) return kinds.has('roles') || roles.includes(role);
      return kinds.has('everyone');
    })
    .map(([mention]) => mention);
}
