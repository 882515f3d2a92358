/** Metrics that AWS writes, by namespace and the names of their dimensions: as its documentation has them. */
export const AWS_METRICS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "AWS/Lambda": {
    FunctionName: ["DestinationDeliveryFailures", "Duration", "Errors", "Invocations", "IteratorAge", "Throttles"],
    EventSourceMappingUUID: ["OnFailureDestinationDeliveredEventCount"],
  },
  "AWS/Kinesis": {
    StreamName: [
      "GetRecords.IteratorAgeMilliseconds",
      "IncomingBytes",
      "IncomingRecords",
      "WriteProvisionedThroughputExceeded",
    ],
    "ConsumerName StreamName": ["SubscribeToShardEvent.MillisBehindLatest"],
  },
  "AWS/Firehose": { DeliveryStreamName: ["DeliveryToS3.DataFreshness"] },
  "AWS/SQS": { QueueName: ["ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"] },
  "AWS/SNS": {
    TopicName: [
      "NumberOfMessagesPublished",
      "NumberOfNotificationsDelivered",
      "NumberOfNotificationsFailed",
      "NumberOfNotificationsFilteredOut-InvalidAttributes",
    ],
  },
  "AWS/DynamoDB": {
    TableName: ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"],
    "GlobalSecondaryIndexName TableName": ["ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"],
    "Operation TableName": ["SuccessfulRequestLatency", "SystemErrors"],
  },
};
