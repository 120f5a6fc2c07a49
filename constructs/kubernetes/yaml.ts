import { stringify } from 'yaml';

/** Serialises a configuration object: no line folding, no anchors, so that equal objects give equal text. */
export const toYaml = (value: object): string =>
  stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
