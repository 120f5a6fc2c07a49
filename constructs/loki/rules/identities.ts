import { userOf } from '../../kubernetes';
import type { Topology } from '../../topology';

/** Regular expressions of users of the API. */
type Users = readonly string[];

/** The control plane, and what kubeadm and kind run beside it. Nodes read the Secrets of their own pods only. */
export const SYSTEM: Users = [
  'system:(apiserver|kube-controller-manager|kube-scheduler)',
  'system:node:.+',
  'system:serviceaccount:kube-system:.+',
];

/** Controllers that write roles: when a namespace goes, when an owner goes, and for roles that are made of others. */
export const ROLE_CONTROLLERS: Users = [
  'system:(apiserver|kube-controller-manager)',
  'system:serviceaccount:kube-system:(namespace-controller|generic-garbage-collector|clusterrole-aggregation-controller)',
];

/** Components of ours, by their keys. */
export const ours = (topology: Topology, ...keys: readonly string[]): Users =>
  keys.map((key) => literally(userOf(topology.component(key))));

/** A name as a regular expression that matches nothing else. */
export const literally = (name: string): string => name.replaceAll(/[.*+?^${}()|[\]]/g, '\\$&');

/** Leaves out these users. */
export const notBy = (users: Users): string => `| user!~\`${users.join('|')}\``;
