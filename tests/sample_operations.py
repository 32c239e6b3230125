"""A fixed sample of the operations that botocore describes: every protocol, the services that
people emulate, the largest shapes, those that contain themselves, and the odd ones."""

_SAMPLE = """
accessanalyzer: CheckNoPublicAccess CreateAnalyzer ListFindingsV2
acm: ListCertificates RequestCertificate
acm-pca: CreateCertificateAuthority ListCertificateAuthorities
apigateway: GetRestApis PutGatewayResponse UpdateStage
appconfig: GetDeployment ListApplications
appmesh: CreateRoute
athena: GetQueryResults ListWorkGroups StartQueryExecution
autoscaling: DescribeAutoScalingGroups CreateAutoScalingGroup PutScalingPolicy
backup: CreateBackupPlan ListBackupJobs
batch: DescribeJobDefinitions RegisterJobDefinition
bedrock-agent-runtime: Retrieve InvokeAgent
bedrock-runtime: Converse ConverseStream StartAsyncInvoke
ce: GetCostAndUsage GetCostCategories
cloudformation: CreateStack DescribeStackEvents ListStacks
cloudfront: CreateDistribution ListDistributions GetDistribution
cloudtrail: LookupEvents ListTrails
cloudwatch: GetMetricData ListMetrics PutMetricAlarm PutMetricData DescribeAlarms
codebuild: CreateProject StartBuild ListProjects
codepipeline: CreatePipeline ListPipelines
cognito-idp: ListUsers CreateUserPool
config: PutConfigRule SelectResourceConfig
connect: ListUsers SearchUsers CreateRule
controltower: UpdateLandingZone
datasync: CreateTask ListTasks
dynamodb: BatchWriteItem CreateTable ListTables PutItem Query Scan TransactWriteItems
dynamodbstreams: GetRecords
ec2: CreateFleet DescribeInstances DescribeSecurityGroups DescribeVpcs RunInstances
ec2: ModifyInstanceAttribute
ecr: BatchGetImage DescribeRepositories
ecs: RegisterTaskDefinition ListClusters
eks: CreateNodegroup ListClusters
elasticache: DescribeCacheClusters
elbv2: CreateListener DescribeLoadBalancers
emr: RunJobFlow ListClusters
es: CreateElasticsearchDomain
events: ListRules PutEvents PutTargets
firehose: CreateDeliveryStream
glacier: ListVaults UploadArchive
glue: CreateJob GetTables CreateTable
guardduty: GetFindings ListDetectors
iam: CreateUser ListUsers ListPolicies SimulatePrincipalPolicy GetAccountAuthorizationDetails
iot: CreateTopicRule ListThings DescribeProvisioningTemplateVersion
kendra: Query CreateDataSource PutPrincipalMapping
kinesis: ListStreams PutRecord SubscribeToShard
kms: CreateGrant CreateKey Decrypt ListAliases ListKeys DescribeKey
lambda: CreateFunction Invoke ListFunctions ListVersionsByFunction
lex-models: PutIntent GetBots
lexv2-models: CreateSlot CreateIntent UpdateIntent
logs: DescribeLogGroups FilterLogEvents PutLogEvents
mediaconvert: CreateJob ListJobs
medialive: CreateChannel UpdateChannel
mturk: ListHITs
neptune: DescribeDBClusters
opensearchserverless: BatchGetEffectiveLifecyclePolicy
organizations: ListAccounts
pinpoint: CreateSegment
polly: SynthesizeSpeech
quicksight: CreateAnalysis CreateDashboard CreateVPCConnection ListUsers
rds: DescribeDBInstances CreateDBInstance DescribeEvents
redshift: DescribeClusters
resourcegroupstaggingapi: GetResources
route53: ListHostedZones ListResourceRecordSets ChangeResourceRecordSets
s3: CompleteMultipartUpload CreateBucket GetObject HeadObject ListBuckets ListObjectsV2
s3: ListObjectVersions PutObject PutBucketLifecycleConfiguration SelectObjectContent
s3control: CreateJob ListJobs
sagemaker: CreateTrainingJob ListModels CreateEndpointConfig
scheduler: CreateSchedule ListSchedules
secretsmanager: CreateSecret ListSecrets
securityhub: BatchImportFindings GetFindings
ses: SendEmail ListTemplates
sesv2: SendEmail ListEmailIdentities
sns: ListTopics Publish SetTopicAttributes
sqs: ListQueues SendMessage SendMessageBatch ReceiveMessage
ssm: DescribeParameters GetParameter PutParameter GetInventory ListDocuments
ssm-incidents: CreateTimelineEvent
stepfunctions: CreateStateMachine ListExecutions
sts: AssumeRole GetCallerIdentity
transcribe: ListTranscriptionJobs StartTranscriptionJob
transfer: ListServers
wafv2: CreateWebACL ListWebACLs UpdateRuleGroup
xray: BatchGetTraces GetTraceSummaries
"""

SAMPLE: tuple[str, ...] = tuple(
    f"{service}:{name}"
    for line in _SAMPLE.strip().splitlines()
    for service, _, names in [line.partition(": ")]
    for name in names.split()
)
