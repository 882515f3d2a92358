/**
 * JSON that SNS and SQS take whatever its strings hold. Both refuse U+FFFE and U+FFFF, for ever; as escapes they are
 * the same value. The other characters they refuse, JSON.stringify escapes by itself.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function sendableJson(value: object): string {
  return JSON.stringify(value).replaceAll("\ufffe", "\\ufffe").replaceAll("\uffff", "\\uffff");
}
