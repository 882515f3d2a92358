import type { Walk } from "../../operations/queue.ts";
import { EXIT, type Given, type Out, UsageError } from "../verb.ts";
import { wantedOf } from "./wanted.ts";

/** `firstsight quarantine drop`: exit 1 if something that was named is still there. */
export function drop(given: Given, { print, warn }: Out) {
  const { options } = given;
  const wanted = wantedOf(given);
  const isNamed = wanted.reason !== undefined || wanted.sender !== undefined;
  if (isNamed === (options["all"] === true)) throw new UsageError("drop takes --reason, --sender or both; or --all");
  return async (walk: Walk): Promise<number> => {
    const { droppable } = await import("../../operations/quarantine.ts");
    const { messages, mixed, total } = await droppable(walk, wanted);
    const say = options["json"] === true ? warn : print;
    say(`${messages.length} of ${total} messages hold nothing else than what is named`);
    if (mixed > 0) say(`${mixed} messages hold other documents, too, and stay`);
    const gone = options["yes"] === true ? (await walk.remove(messages)).size : 0;
    if (options["json"] === true)
      print(JSON.stringify({ total, named: messages.length, mixed, deleted: gone }, undefined, 2));
    else if (options["yes"] === true) print(`${gone} messages deleted`);
    else if (messages.length > 0) print("nothing is deleted without --yes");
    return gone === messages.length && mixed === 0 ? EXIT.fine : EXIT.against;
  };
}
