import { rulesDigest } from "../rule/digest.ts";
import { fine, judged, type Look } from "./check.ts";

/** Digits of a digest that tell two apart at a glance. */
const SHOWN = 12;

/** Whether the rules that run are those of a folder here. */
export function ruleSetLook(deployed: string | undefined, folder: string): Look {
  return {
    name: "rule set",
    async ask() {
      const local = localDigest(folder);
      const says = `deployed ${deployed?.slice(0, SHOWN) ?? "without a digest"}, ${folder} ${local?.slice(0, SHOWN) ?? "is not here"}`;
      if (deployed === undefined || local === undefined) return fine(says);
      return judged(says, deployed === local ? [] : ["the rules that run are not these"]);
    },
  };
}

/** Of the rules of a folder; none where it cannot be read. */
export function localDigest(folder: string): string | undefined {
  try {
    return rulesDigest(folder);
  } catch {
    return undefined;
  }
}
