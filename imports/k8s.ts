/**
 * The generated Kubernetes API (L1). cdk8s-plus-28 ships the same classes that `cdk8s import k8s` would write, so that
 * no second copy of 30,000 lines is kept here. See README.md for what to do when a newer field is needed.
 */
export * from 'cdk8s-plus-28/lib/imports/k8s';
