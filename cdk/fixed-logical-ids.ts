import { CfnElement, Names } from 'aws-cdk-lib';
import { Construct, RootConstruct } from 'constructs';

/** The id of the stack in the app of this project. It is in every id that CDK makes of a whole path. */
const STACK = 'KnocknocOkta';

/**
 * Gives all that a construct has made the logical ids that it has in the app of this project, whatever the construct is
 * called and wherever it stands. Logical ids are what CloudFormation knows data by: so neither a new name nor another place
 * in the customer's app loses any (docs/never-change.md).
 */
export function fixLogicalIds(scope: Construct): void {
  const depth = scope.node.scopes.length;
  const pathOf = ({ node }: { readonly node: Construct['node'] }) => node.scopes.slice(depth).map((one) => one.node.id);
  const all = scope.node.findAll();
  const fixed = new Map(all.map((one) => [Names.nodeUniqueId(one.node), idOf([STACK, ...pathOf(one)])]));
  for (const element of all.filter((one) => CfnElement.isCfnElement(one))) {
    // Some are named after another one's whole path, such as the mapping of a queue to a function.
    const path = pathOf(element).map((id) => id.replaceAll(/[A-Za-z0-9]+/g, (part) => fixed.get(part) ?? part));
    element.overrideLogicalId(idOf(path));
  }
}

/** The CDK's own id for a path below a stack. */
function idOf(path: readonly string[]): string {
  return Names.uniqueId(path.reduce<Construct>((parent, id) => new Construct(parent, id), new RootConstruct('App')));
}
