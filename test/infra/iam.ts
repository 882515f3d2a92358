import { isObject, type Json, type JsonObject } from "../../src/deploy/cloudformation.ts";
import { globPattern } from "../../src/ecs/pattern.ts";

export type Decision = "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied";

export interface Request {
  /** The ARN of the role or user that asks, or a service's name, e.g. `scheduler.amazonaws.com`. */
  readonly principal: string;
  /** E.g. `sns:Publish`. */
  readonly action: string;
  /** Its ARN, or `*` where an action has no resource. */
  readonly resource: string;
  /** The account the resource belongs to, twelve digits. */
  readonly account: string;
  /** Condition keys beside those that say who the principal is. A key that is not here is not in the request. */
  readonly context?: Readonly<Record<string, string>>;
}

export interface Policies {
  /** Those of the principal; a service has none. */
  readonly identity: readonly Json[];
  /** The resource's own: a topic's policy, a key's, a role's trust. */
  readonly resource?: Json;
  /** The principal's permissions boundary: it gives nothing, and what it does not allow is not allowed. */
  readonly boundary?: Json;
}

/**
 * IAM's decision on one request, as its guide documents it ("Policy evaluation logic"): an explicit denial wins; within
 * an account the principal's policies or the resource's own allow, between accounts both must; a key and a role are
 * used only where their own policy allows it. Organizations' and session policies are left out.
 *
 * @throws on whatever is not known here (an operator, an element, a form of principal, a policy variable), so that it
 * never passes for an allowance.
 */
export function decide(request: Request, { identity, resource, boundary }: Policies): Decision {
  const principal = principalOf(request.principal);
  const asked: Asked = { ...request, principal, context: contextOf(request, principal) };
  if (principal.type === "service" && (identity.length > 0 || boundary !== undefined)) {
    throw new Error(`${request.principal} is a service, and has no policies of its own`);
  }
  const own = identity.map((policy) => outcome(policy, "identity", asked, false));
  const bounds = boundary === undefined ? undefined : outcome(boundary, "identity", asked, false);
  const given = resource === undefined ? NOTHING : outcome(resource, "resource", asked, boundary !== undefined);
  if ([...own, bounds, given].some((found) => found?.denied)) return "ExplicitlyDenied";

  const isWithinBoundary = bounds === undefined || bounds.allowed !== "nobody";
  const ownAllow = isWithinBoundary && own.some(({ allowed }) => allowed !== "nobody");
  // A user named by a resource is not held by the boundary; a role is.
  const givenByName = given.allowed === "principal" && (isWithinBoundary || principal.type === "user");
  const isAllowed = () => {
    if (principal.type === "service") return givenByName;
    if (principal.account !== request.account) return ownAllow && given.allowed !== "nobody";
    if (decidesItself(request)) return givenByName || (ownAllow && given.allowed === "account");
    return givenByName || ownAllow;
  };
  return isAllowed() ? "Allowed" : "ImplicitlyDenied";
}

/** Whether a resource's own policy must allow what is asked even within its account: a KMS key, and a role taken on. */
function decidesItself({ action, resource }: Request): boolean {
  const [, , service, , , name = ""] = resource.split(":");
  return (service === "kms" && name.startsWith("key/")) || action.toLowerCase().startsWith("sts:assumerole");
}

/** Who is named: by itself (or with everybody), or only through its account, which then decides by its own policies. */
type Named = "principal" | "account" | "nobody";

interface Outcome {
  readonly denied: boolean;
  readonly allowed: Named;
}
const NOTHING: Outcome = { denied: false, allowed: "nobody" };

interface Principal {
  readonly type: "role" | "user" | "service";
  readonly name: string;
  /** Of a service: none. */
  readonly account: string | undefined;
}

interface Asked extends Omit<Request, "principal" | "context"> {
  readonly principal: Principal;
  /** By the key's name in lower case: case does not count there. */
  readonly context: ReadonlyMap<string, string>;
}

type Kind = "identity" | "resource";
const ELEMENTS = "Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition".split(" ");

function outcome(policy: Json, kind: Kind, asked: Asked, isBounded: boolean): Outcome {
  if (!isObject(policy)) throw new Error(`${JSON.stringify(policy)} is no policy`);
  onlyKnown(policy, ["Version", "Id", "Statement"]);
  let denied = false;
  let allowed: Named = "nobody";
  for (const statement of list(policy["Statement"] ?? [])) {
    if (!isObject(statement)) throw new Error(`${JSON.stringify(statement)} is no statement`);
    onlyKnown(statement, ELEMENTS);
    const isDenial = oneOf(String(statement["Effect"]), ["Allow", "Deny"]) === "Deny";
    const named = kind === "resource" ? namedBy(statement, asked.principal, isBounded) : "principal";
    if (kind === "identity") without(statement, ["Principal", "NotPrincipal"]);
    // All three are looked at, so that what is not known is told of wherever it stands.
    const fits = [actionFits(statement, asked), resourceFits(statement, kind, asked), conditionsFit(statement, asked)];
    if (named === "nobody" || fits.includes(false)) continue;
    if (isDenial) denied = true;
    else if (allowed !== "principal") allowed = named;
  }
  return { denied, allowed };
}

function actionFits(statement: JsonObject, { action }: Asked): boolean {
  const [element, patterns] = either(statement, "Action", "NotAction");
  for (const pattern of patterns) {
    if (pattern !== "*" && !pattern.includes(":")) throw new Error(`"${pattern}" is no action`);
  }
  const isNamed = patterns.some((pattern) => glob(pattern.toLowerCase())(action.toLowerCase()));
  return isNamed === (element === "Action");
}

function resourceFits(statement: JsonObject, kind: Kind, { resource }: Asked): boolean {
  const isTrust = kind === "resource" && !("Resource" in statement) && !("NotResource" in statement);
  if (isTrust) return true; // a role's trust policy is about the role
  const [element, patterns] = either(statement, "Resource", "NotResource");
  const isNamed = patterns.map((pattern) => pattern === "*" || resourceNamed(pattern, resource)).includes(true);
  return isNamed === (element === "Resource");
}

/** By IAM's guide a star that ends a part of the ARN may reach over the colon. Where that decides, it is not meant. */
function resourceNamed(pattern: string, resource: string): boolean {
  const isNamed = arnFits(pattern)(resource);
  if (isNamed !== glob(pattern)(resource))
    throw new Error(`a wildcard of "${pattern}" reaches over a colon in ${resource}`);
  return isNamed;
}

function namedBy(statement: JsonObject, principal: Principal, isBounded: boolean): Named {
  if ("Principal" in statement) {
    without(statement, ["NotPrincipal"]);
    return among(statement["Principal"] ?? null, principal);
  }
  if (!("NotPrincipal" in statement)) throw new Error(`neither Principal nor NotPrincipal in ${text(statement)}`);
  if (statement["Effect"] !== "Deny") throw new Error(`NotPrincipal allows nearly everybody: ${text(statement)}`);
  const excepted = statement["NotPrincipal"] ?? null;
  const isExcepted = among(excepted, principal) === "principal";
  // IAM's guide: who is excepted must be so with its account, and nobody with a boundary is.
  const isAccountExcepted = principal.account === undefined || accountsIn(excepted).includes(principal.account);
  return isExcepted && isAccountExcepted && !isBounded ? "nobody" : "principal";
}

function among(named: Json, principal: Principal): Named {
  if (named === "*") return "principal";
  if (!isObject(named)) throw new Error(`${text(named)} is no principal`);
  onlyKnown(named, ["AWS", "Service"]);
  const services = strings(named["Service"] ?? []);
  for (const service of services) {
    if (!service.endsWith(".amazonaws.com")) throw new Error(`"${service}" is no service`);
  }
  const identities = strings(named["AWS"] ?? []);
  for (const name of identities) if (name !== "*" && accountOf(name) === undefined) principalOf(name);
  if (identities.includes("*")) return "principal";
  if ((principal.type === "service" ? services : identities).includes(principal.name)) return "principal";
  return principal.account !== undefined && accountsIn(named).includes(principal.account) ? "account" : "nobody";
}

function accountsIn(named: Json): string[] {
  return (isObject(named) ? strings(named["AWS"] ?? []) : []).flatMap((name) => accountOf(name) ?? []);
}

/** The account that stands for everybody in it: its number, or its root's ARN. */
function accountOf(name: string): string | undefined {
  if (isAccount(name)) return name;
  const [arn, , service, region, account = "", identity, ...more] = name.split(":");
  const isRoot = arn === "arn" && service === "iam" && region === "" && identity === "root" && more.length === 0;
  return isRoot && isAccount(account) ? account : undefined;
}

function principalOf(name: string): Principal {
  if (/^[a-z][a-z0-9.-]*\.amazonaws\.com$/.test(name)) return { type: "service", name, account: undefined };
  const [arn, , service, region, account = "", identity = "", ...more] = name.split(":");
  const type = identity.slice(0, identity.indexOf("/"));
  const isIdentity = arn === "arn" && service === "iam" && region === "" && more.length === 0 && isAccount(account);
  if (!isIdentity || (type !== "role" && type !== "user") || /[*?$]/.test(identity)) {
    throw new Error(`"${name}" is no principal known here: the ARN of a role or a user, or a service`);
  }
  return { type, name, account };
}

function isAccount(name: string): boolean {
  return /^\d{12}$/.test(name);
}

/** What IAM itself knows of the principal, under what the test says. */
function contextOf({ context = {} }: Request, { type, name, account }: Principal): ReadonlyMap<string, string> {
  const known: Record<string, string> =
    type === "service"
      ? { "aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": name }
      : { "aws:PrincipalIsAWSService": "false", "aws:PrincipalArn": name, "aws:PrincipalAccount": account ?? "" };
  return new Map(Object.entries({ ...known, ...context }).map(([key, value]) => [key.toLowerCase(), value]));
}

const OPERATORS: Readonly<Record<string, (wanted: string) => (value: string) => boolean>> = {
  StringEquals: (wanted) => (value) => value === wanted,
  StringLike: glob,
  ArnEquals: arnFits,
  ArnLike: arnFits, // the two are one, as documented
  Bool: (wanted) => {
    const isTrue = oneOf(wanted.toLowerCase(), ["true", "false"]);
    return (value) => value.toLowerCase() === isTrue;
  },
};

const FOR_ALL = "ForAllValues:";

/**
 * All keys of all operators must fit. One of a key's values is enough; to a negated operator none may fit. A request has
 * one value of a key here, so ForAllValues differs only where it has none: then it fits.
 */
function conditionsFit(statement: JsonObject, { context }: Asked): boolean {
  const condition = statement["Condition"] ?? {};
  if (!isObject(condition)) throw new Error(`${text(condition)} is no condition`);
  const results = Object.entries(condition).flatMap(([given, keys]) => {
    const isForAll = given.startsWith(FOR_ALL);
    const name = isForAll ? given.slice(FOR_ALL.length) : given;
    const isNegated = name.startsWith("StringNot") || name.startsWith("ArnNot");
    const operator = isNegated ? name.replace("Not", "") : name;
    const fits = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (fits === undefined || !isObject(keys)) {
      throw new Error(
        `${given} is no operator known here: ${Object.keys(OPERATORS).join(", ")}, and Not of a String or Arn`,
      );
    }
    return Object.entries(keys).map(([key, wanted]) => {
      const tests = strings(wanted).map(fits);
      const value = context.get(key.toLowerCase());
      if (isForAll && value === undefined) return true;
      return (value !== undefined && tests.some((test) => test(value))) !== isNegated;
    });
  });
  return !results.includes(false);
}

/** By `*` and `?`, in each of an ARN's six parts by itself; the last may hold colons. */
function arnFits(pattern: string): (arn: string) => boolean {
  const parts = partsOf(pattern);
  if (parts[0] !== "arn" || parts.length < 6) throw new Error(`"${pattern}" is no ARN`);
  const tests = parts.map(glob);
  return (arn) => {
    const found = partsOf(arn);
    return found.length === tests.length && tests.every((test, index) => test(found[index] ?? ""));
  };
}

function partsOf(arn: string): string[] {
  const parts = arn.split(":");
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
}

function glob(pattern: string): (value: string) => boolean {
  if (pattern.includes("${")) throw new Error(`"${pattern}": policy variables are not known here`);
  return globPattern(pattern.replaceAll("\\", "\\\\"), false); // IAM has no escapes
}

/** Which of the two elements a statement has, and its values. It must have exactly one. */
function either(statement: JsonObject, plain: string, negated: string): readonly [string, readonly string[]] {
  const [element, ...more] = [plain, negated].filter((name) => name in statement);
  if (element === undefined || more.length > 0)
    throw new Error(`not exactly one of ${plain} and ${negated}: ${text(statement)}`);
  return [element, strings(statement[element] ?? null)];
}

function without(statement: JsonObject, elements: readonly string[]): void {
  const found = elements.find((name) => name in statement);
  if (found !== undefined) throw new Error(`${found} does not belong into ${text(statement)}`);
}

function onlyKnown(value: JsonObject, names: readonly string[]): void {
  for (const name of Object.keys(value)) oneOf(name, names);
}

function oneOf(value: string, allowed: readonly string[]): string {
  if (!allowed.includes(value)) throw new Error(`"${value}" is none of ${allowed.join(", ")}`);
  return value;
}

function strings(value: Json): readonly string[] {
  return list(value).map((one) => {
    if (typeof one === "object") throw new Error(`${text(one)} is no text`);
    return String(one);
  });
}

function list(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

function text(value: Json): string {
  return JSON.stringify(value);
}
