import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Component } from '../topology';
import type { Context } from './context';
import { PART_OF } from './labels';

/** One file of `dist/`: all objects of one component, in its namespace and with our labels. */
export class ComponentChart extends Chart {
  public readonly component: Component;

  public constructor(
    scope: Construct,
    public readonly context: Context,
    key: string,
  ) {
    const component = context.topology.component(key);
    super(scope, component.name, {
      namespace: component.namespace,
      labels: { 'app.kubernetes.io/name': component.name, ...PART_OF },
      disableResourceNameHashes: true,
    });
    this.component = component;
  }
}
