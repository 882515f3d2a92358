/** What must not reach a person's eyes as it is. */
export const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/u;

/** Every such character of Unicode, lone surrogates too. */
export function* unseenCharacters(): Generator<string> {
  for (let code = 0; code <= 0x10ffff; code++) {
    const char = String.fromCodePoint(code);
    if (UNSEEN.test(char)) yield char;
  }
}
