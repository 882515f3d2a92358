import { randomInt } from "node:crypto";
import {
  type AttributeValue,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { expiry, type HistoryTable, type Item, OUTBOX_PARTITIONS, PENDING_PAGE, type Reading } from "./table.ts";

type Attributes = Record<string, AttributeValue>;

/**
 * Attribute names, short since each is paid for in every item. `st` state, `r` rule id, `tm` terms, `fs`/`ls` first and
 * last seen, `fid` finding id, `ev` trigger event, `ob` outbox, `att` attempts, `gp`/`gs` outbox index key, of which `gs`
 * is the lease's end, `ex` TTL stamp, `pt` published at, `w` window in ms. `r`, `tm` and `pt` are for people.
 *
 * Up to 1,024 bytes an item costs one unit to write, so a new finding four: two writes, and two of the index.
 */
const NAMES = "pk st r tm fs ls fid ev ob att gp gs ex pt w".split(" ");

const OUTBOX_INDEX = "outbox";
const READ = "#pk, #st, #fs, #ls, #gs, #ev";
const READ_ATTEMPTS = 5;
const READ_BACKOFF_MS = 25;

// The conditions by name. `<> :P` also holds where #st is missing, which is why every write sets it.
const IS_ABSENT = "attribute_not_exists(#pk)";
const IS_PENDING = "#st = :P";
const IS_SETTLED = "#st <> :P";
const IS_SEEN_BEFORE = "#ls < :ls";
const IS_PAST_WINDOW = "#ls < :cut";
/** An id is stored as bytes, and was stored as text. */
const IS_FINDING = "(#fid = :fid OR #fid = :fidText)";

/**
 * The history in a DynamoDB table: partition key `pk` (S), sparse index `outbox` (`gp` S, `gs` N), TTL on `ex`. An item
 * for each combination, and one for each fragment that findings name.
 * @param signal the invocation's deadline, asked for at each call
 */
export function dynamoDbTable(
  client: DynamoDBClient,
  tableName: string,
  signal: () => AbortSignal | undefined = () => undefined,
): HistoryTable {
  const options = () => {
    const abortSignal = signal();
    return abortSignal === undefined ? {} : { abortSignal };
  };

  async function attributesOf(key: string): Promise<Attributes | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: { pk: { S: key } }, ConsistentRead: true }),
      options(),
    );
    return Item;
  }

  async function getItem(key: string): Promise<Item | undefined> {
    const attributes = await attributesOf(key);
    return attributes === undefined ? undefined : toItem(attributes);
  }

  async function getFragment(digest: string): Promise<Uint8Array | undefined> {
    return (await attributesOf(fragmentKey(digest)))?.["ob"]?.B;
  }

  /** One conditional write: the item as it is now, or the one that was in the way, where it is wanted. */
  async function update(
    key: string,
    condition: string,
    change: string,
    values: Attributes,
    wanted: Wanted = {},
  ): Promise<Written> {
    const used = `${condition} ${change}`;
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { pk: { S: key } },
          ConditionExpression: condition,
          UpdateExpression: change,
          ExpressionAttributeNames: namesIn(used),
          ExpressionAttributeValues: valuesIn(used, { ":P": { S: "P" }, ...values }),
          ...wanted,
        }),
        options(),
      );
      return { written: true, attributes: Attributes ?? {} };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { written: false, inTheWay: error.Item };
      throw error;
    }
  }

  return {
    async read(keys) {
      const found = new Map<string, Reading>();
      let pending = keys.map((key): Attributes => ({ pk: { S: key } }));
      for (let attempt = 0; pending.length > 0; attempt++) {
        // A key left unread is not an absent one: better no answer than a wrong one.
        if (attempt === READ_ATTEMPTS) throw new Error(`DynamoDB left ${pending.length} keys unprocessed`);
        if (attempt > 0) await pause(READ_BACKOFF_MS * 2 ** attempt * Math.random());
        const { Responses, UnprocessedKeys } = await client.send(
          new BatchGetItemCommand({
            RequestItems: {
              [tableName]: {
                Keys: pending,
                ProjectionExpression: READ,
                ExpressionAttributeNames: namesIn(READ),
              },
            },
          }),
          options(),
        );
        for (const item of Responses?.[tableName] ?? []) {
          found.set(text(item["pk"]), readingOf(item));
        }
        pending = UnprocessedKeys?.[tableName]?.Keys ?? [];
      }
      return found;
    },

    get: getItem,

    async claim(key, claim) {
      const outcome = await update(
        key,
        `${IS_ABSENT} OR (${IS_SETTLED} AND ${IS_PAST_WINDOW})`,
        "SET #st=:P, #r=:r, #tm=:tm, #fs=:fs, #ls=:ls, #fid=:fid, #ev=:ev, #ob=:ob, #att=:zero, #gp=:gp, #gs=:gs, " +
          "#w=:w REMOVE #ex, #pt",
        {
          ":cut": toNumber(claim.firstSeen - claim.windowMs),
          ":r": { S: claim.ruleId },
          ":tm": { L: claim.preview.map((term) => ({ S: term })) },
          ":fs": toNumber(claim.firstSeen),
          ":ls": toNumber(claim.lastSeen),
          ":fid": idOf(claim.findingId),
          ":ev": { S: claim.triggerId },
          ":ob": { B: claim.outbox },
          ":gs": toNumber(claim.leaseUntil),
          // By chance, not by the key: whoever can choose keys must not choose where they meet.
          ":gp": { S: partitionKey(randomInt(OUTBOX_PARTITIONS)) },
          ":w": toNumber(claim.windowMs),
          ":zero": toNumber(0),
        },
        { ReturnValuesOnConditionCheckFailure: "ALL_OLD" },
      );
      if (outcome.written) return { claimed: true };
      // DynamoDB sends the item along; some emulators do not.
      return { claimed: false, item: outcome.inTheWay === undefined ? await getItem(key) : toItem(outcome.inTheWay) };
    },

    async complete(key, { findingId, now, windowMs, lastSeen }) {
      const { written } = await update(
        key,
        `${IS_PENDING} AND ${IS_FINDING}`,
        "SET #st=:D, #pt=:pt, #ex=:ex REMOVE #ob, #att, #gp, #gs",
        {
          ":fid": idOf(findingId),
          ":fidText": { S: findingId },
          ":D": { S: "D" },
          ":pt": toNumber(now),
          ":ex": toNumber(expiry(Math.max(now, lastSeen), windowMs)),
        },
      );
      return written;
    },

    async refresh(key, { lastSeen, windowMs }) {
      const { written } = await update(
        key,
        `attribute_exists(#pk) AND ${IS_SETTLED} AND ${IS_SEEN_BEFORE}`,
        "SET #ls=:ls, #ex=:ex",
        { ":ls": toNumber(lastSeen), ":ex": toNumber(expiry(lastSeen, windowMs)) },
      );
      return written;
    },

    async refreshPending(key, lastSeen) {
      const { written } = await update(key, `${IS_PENDING} AND ${IS_SEEN_BEFORE}`, "SET #ls=:ls", {
        ":ls": toNumber(lastSeen),
      });
      return written;
    },

    async takeOver(key, { findingId, seen, until }) {
      const outcome = await update(
        key,
        `${IS_PENDING} AND ${IS_FINDING} AND #gs = :seen`,
        "SET #gs=:gs, #att=#att+:one",
        {
          ":fid": idOf(findingId),
          ":fidText": { S: findingId },
          ":seen": toNumber(seen),
          ":gs": toNumber(until),
          ":one": toNumber(1),
        },
        { ReturnValues: "ALL_NEW" },
      );
      const item = outcome.written ? toItem(outcome.attributes) : undefined;
      return item?.state === "P" ? item : undefined;
    },

    async learn(key, { lastSeen, windowMs, ruleId, preview }) {
      const { written } = await update(
        key,
        `${IS_ABSENT} OR (${IS_SETTLED} AND ${IS_SEEN_BEFORE})`,
        "SET #st=if_not_exists(#st,:L), #r=:r, #tm=:tm, #fs=if_not_exists(#fs,:ls), #ls=:ls, #ex=:ex",
        {
          ":L": { S: "L" },
          ":r": { S: ruleId },
          ":tm": { L: preview.map((term) => ({ S: term })) },
          ":ls": toNumber(lastSeen),
          ":ex": toNumber(expiry(lastSeen, windowMs)),
        },
      );
      return written;
    },

    async keepFragment(digest, fragment) {
      // A write that finds it there is paid for as one that does not: six times a read.
      if ((await getFragment(digest)) === undefined) {
        await update(fragmentKey(digest), IS_ABSENT, "SET #ob=:ob", { ":ob": { B: fragment } });
      }
      return true;
    },

    fragment: getFragment,

    async pending(partition) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: OUTBOX_INDEX,
          KeyConditionExpression: "#gp = :gp",
          ExpressionAttributeNames: namesIn("#gp"),
          ExpressionAttributeValues: { ":gp": { S: partitionKey(partition) } },
          Limit: PENDING_PAGE,
        }),
        options(),
      );
      return Items.map((item) => ({ key: text(item["pk"]), leaseUntil: number(item["gs"]) }));
    },
  };
}

type Wanted = Pick<UpdateItemCommandInput, "ReturnValues" | "ReturnValuesOnConditionCheckFailure">;

type Written =
  | { readonly written: true; readonly attributes: Attributes }
  | { readonly written: false; readonly inTheWay: Attributes | undefined };

function readingOf(item: Attributes): Reading {
  const state = stateOf(item);
  const seen = { firstSeen: number(item["fs"]), lastSeen: number(item["ls"]) };
  if (state !== "P") return { state, ...seen };
  return { state, ...seen, leaseUntil: number(item["gs"]), triggerId: text(item["ev"]) };
}

function toItem(item: Attributes): Item {
  const reading = readingOf(item);
  if (reading.state !== "P") return reading;
  return {
    ...reading,
    findingId: item["fid"]?.B === undefined ? text(item["fid"]) : Buffer.from(item["fid"].B).toString("hex"),
    outbox: item["ob"]?.B ?? new Uint8Array(),
    attempts: number(item["att"]),
    windowMs: number(item["w"]),
  };
}

/** Sixteen bytes for the 32 digits of an id. */
function idOf(findingId: string): AttributeValue {
  const bytes = Buffer.from(findingId, "hex");
  return bytes.toString("hex") === findingId ? { B: bytes } : { S: findingId };
}

function stateOf(item: Attributes): Item["state"] {
  const state = text(item["st"]);
  if (state !== "P" && state !== "D" && state !== "L") throw new Error(`history item in unknown state "${state}"`);
  return state;
}

function text(value: AttributeValue | undefined): string {
  return value?.S ?? "";
}

function number(value: AttributeValue | undefined): number {
  return Number(value?.N);
}

function toNumber(value: number): AttributeValue {
  return { N: String(value) };
}

/** No key of a combination's begins so. The item has no state, no lease and no TTL stamp. */
function fragmentKey(digest: string): string {
  return `rule#${digest}`;
}

function partitionKey(partition: number): string {
  return `o#${partition}`;
}

/** Every name goes in as an alias, since some (`ttl`, `state`, `items`) are reserved; DynamoDB refuses unused ones. */
function namesIn(expression: string): Record<string, string> {
  const used = new Set(expression.match(/#[a-z]+/g));
  return Object.fromEntries(NAMES.filter((name) => used.has(`#${name}`)).map((name) => [`#${name}`, name]));
}

function valuesIn(expression: string, values: Attributes): Attributes {
  const used = new Set(expression.match(/:[A-Za-z]+/g));
  return Object.fromEntries(Object.entries(values).filter(([name]) => used.has(name)));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
