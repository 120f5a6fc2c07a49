/** What an alert means for people, and what to do first. */
export interface Guidance {
  readonly impact: string;
  readonly action: string;
}

/** By the `category` label of a firing alert. An alert's own `impact` and `action` annotations go before these. */
const BY_CATEGORY: ReadonlyMap<string, Guidance> = new Map([
  [
    'container',
    {
      impact: 'Part of this workload does not run as it should; its users may see errors or wait.',
      action: "Look at the pod's events and at its last log lines, then at what was deployed last.",
    },
  ],
  [
    'node',
    {
      impact: 'Everything that runs on this machine may slow down or stop.',
      action: 'See what uses the resource, and move work away from the machine if it goes on.',
    },
  ],
  [
    'traffic',
    {
      impact: 'The network of this machine is unusually busy; others on it may wait.',
      action: 'Find the pod that sends or receives the most, and whether it is meant to.',
    },
  ],
  [
    'nginx',
    {
      impact: 'Pages that NGINX serves may be slow, wrong or not reachable.',
      action: 'Open the page yourself, then read the logs of the NGINX pods.',
    },
  ],
  [
    'apache',
    {
      impact: 'Pages that Apache serves may be slow, wrong or not reachable.',
      action: 'Open the page yourself, then read the logs of the Apache pods.',
    },
  ],
  [
    'certificate',
    {
      impact: 'Nothing fails yet; when the certificate ends, its connections are refused.',
      action: 'Run "npx vigil certificates status": it says what keeps the renewal back.',
    },
  ],
  [
    'log',
    {
      impact:
        'Log lines tell of errors, or of someone who tries what he may not; what it did is not known yet.',
      action: 'Read the log lines around this time, from this source and of this user.',
    },
  ],
  [
    'platform',
    {
      impact:
        'Part of the cluster or of its monitoring does not work; other alerts may be missing.',
      action: 'Run "npx vigil status" and begin with what it shows first.',
    },
  ],
]);

const GENERAL: Guidance = {
  impact: 'Something that is watched has left its normal range.',
  action: 'Look at the service that is named here, and at what changed last.',
};

/** Of an alert that is over. */
export const RESOLVED: Guidance = {
  impact: 'It is over.',
  action: 'Nothing now. If it comes back, look for its cause.',
};

/** Of a message that somebody asked for to see that messages arrive. */
export const TEST: Guidance = {
  impact: 'None: someone asked for this message to see that it arrives.',
  action: 'Nothing.',
};

/** The guidance of a category; one that fits all for a category that is not known. */
export const guidanceOf = (category: string | undefined): Guidance =>
  BY_CATEGORY.get(category ?? '') ?? GENERAL;
