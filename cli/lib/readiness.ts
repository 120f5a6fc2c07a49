/** The part of a pod and of a node that says how it is. */
interface HasConditions {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Whether a pod takes requests; of a node: whether kubelet says so and the control plane has heard it lately. */
export const isReady = ({ status }: HasConditions): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ??
  false;
