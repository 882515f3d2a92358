/** A question to AWS that was not answered. Its message is one line: the code, and the action it was about. */
export class Unanswered extends Error {
  readonly code: string;
  /** It was answered that there is no such thing. */
  readonly isMissing: boolean;

  constructor(action: string, cause: unknown) {
    const code = codeOf(cause);
    super(`${code} for ${action}`, { cause });
    this.code = code;
    this.isMissing = MISSING.has(code);
  }
}

const MISSING = new Set(["ResourceNotFound", "NotFound", "QueueDoesNotExist", "NonExistentQueue"]);

/**
 * Waits for an answer.
 * @param action as IAM writes it, such as `lambda:GetEventSourceMapping`
 * @throws Unanswered
 */
export async function answered<T>(action: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new Unanswered(action, error);
  }
}

/** One spelling of each: services say AccessDenied, AccessDeniedException or AuthorizationError of the same thing. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  if (name === "Error") return message.split("\n")[0] ?? "";
  if (name === "AuthorizationError" || name === "AuthorizationErrorException") return "AccessDenied";
  if (name === "AbortError" || name === "TimeoutError") return "no answer in time";
  return name.replace(/^AWS\.SimpleQueueService\./, "").replace(/Exception$/, "");
}

/** Waits so long and no longer: credentials that hang are no request that could be aborted. */
export function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error("late"), { name: "TimeoutError" })), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
