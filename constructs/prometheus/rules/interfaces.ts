/** Devices that carry what already went through another one, or never leave the node. */
const VIRTUAL = [
  'lo',
  '(veth|cali|cilium|lxc|cni|flannel|kube-|nodelocaldns|docker|virbr|br-).*',
  '(tun|tap|tunl|ip6tnl|sit|gre|gretap|erspan|vxlan|geneve|wg|dummy|ifb|bond|team|vlan)[-0-9].*',
  'br[0-9]+',
  'ip_vti.*|ip6_vti.*|ip6gre.*',
  // An interface of a VLAN is called by its own and its number.
  '.+[.][0-9]+',
];

/** Matcher of the physical interfaces of a node, for `node_network_*`. */
export const PHYSICAL = `device!~"${VIRTUAL.join('|')}"`;
