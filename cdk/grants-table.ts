import { CfnResource, Validations } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct, type IConstruct } from 'constructs';
import { TABLE } from '../lib/names.ts';
import { type Deployment, recordsPolicy } from './deployment.ts';
import type { ServiceFunction } from './service-function.ts';

export type TableAction = 'GetItem' | 'Query' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'ConditionCheckItem';

/** What needs no table, and fails where a key, a boundary or a quota of the account is not as it must be. */
const MADE_BEFORE: readonly string[] = [
  ...['AWS::IAM::Role', 'AWS::Logs::LogGroup', 'AWS::SQS::Queue', 'AWS::SNS::Topic'],
  ...['AWS::SecretsManager::Secret', 'AWS::ApiGatewayV2::Api'],
];

/** The grants table, whose stream wakes the zone function. */
export class GrantsTable extends Construct {
  readonly table: Table;
  readonly streamArn: string;

  constructor(scope: Construct, id: string, props: { readonly deployment: Deployment }) {
    super(scope, id);
    const { config, key } = props.deployment;
    const keep = config.retainData;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: TABLE.partitionKey, type: AttributeType.STRING },
      sortKey: { name: TABLE.sortKey, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: TABLE.ttlAttribute,
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: keep },
      deletionProtection: keep,
      removalPolicy: recordsPolicy(config),
      ...(key && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
    });
    // A local index, not a global one: it is read consistently, and a partition with one is never
    // split, so that all changes of an ACL stay on one shard of the stream, in order.
    this.table.addLocalSecondaryIndex({
      indexName: TABLE.expiryIndex,
      sortKey: { name: TABLE.expiryAttribute, type: AttributeType.NUMBER },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...TABLE.expiryProjection],
    });
    const { tableStreamArn } = this.table;
    if (tableStreamArn === undefined) throw new Error('the table has no stream');
    this.streamArn = tableStreamArn;
    if (!keep) {
      Validations.of(this.table).acknowledge({
        id: 'AwsSolutions-DDB3',
        reason: 'The configuration says that the data is not to be kept ("retainData": false): a test deployment.',
      });
    }
  }

  /**
   * Has the table made after all of the stack that can do without it. A table that is protected against deletion can't be
   * taken back when something fails after it, so as much as can fails before it.
   */
  makeAfter(scope: IConstruct): void {
    const table = this.table.node.defaultChild;
    if (!CfnResource.isCfnResource(table)) return;
    for (const each of scope.node.findAll()) {
      if (CfnResource.isCfnResource(each) && MADE_BEFORE.includes(each.cfnResourceType))
        table.addResourceDependency(each);
    }
  }

  /** Lets a function do these things to items of the table. */
  allow(fn: ServiceFunction, ...actions: TableAction[]): void {
    fn.allow(
      actions.map((action) => `dynamodb:${action}`),
      this.table.tableArn,
    );
  }

  /** The same, and only in the partitions whose names are like this. */
  allowInPartitions(fn: ServiceFunction, names: string, ...actions: TableAction[]): void {
    fn.allowWhere(
      actions.map((action) => `dynamodb:${action}`),
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [names] } },
      this.table.tableArn,
    );
  }

  /** Lets a function ask for grants in the order in which they expire. */
  allowQueryByExpiry(fn: ServiceFunction): void {
    fn.allow(['dynamodb:Query'], `${this.table.tableArn}/index/${TABLE.expiryIndex}`);
  }
}
