/** JSON in a spelling of an attacker's choosing: escapes of any letter, numbers with exponents, spaces. */
export function spelled(value: unknown, random: () => number): string {
  const plain = JSON.stringify(value, undefined, random() < 0.2 ? 1 : 0);
  let inString = false;
  let text = "";
  for (let at = 0; at < plain.length; at++) {
    const char = plain.charAt(at);
    if (char === '"') inString = !inString;
    if (char === "\\") {
      text += char + plain.charAt(++at);
      if (plain.charAt(at) === "u") {
        text += plain.slice(at + 1, at + 5);
        at += 4;
      }
      continue;
    }
    NUMBER.lastIndex = at;
    const [number] = (inString ? undefined : NUMBER.exec(plain)) ?? [];
    if (number !== undefined) {
      text += numberSpelled(number, random);
      at += number.length - 1;
      continue;
    }
    const isLetter = inString && char !== '"' && char >= " ";
    if (isLetter && char === "/" && random() < 0.3) text += "\\/";
    else if (isLetter && random() < 0.01) text += `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
    else text += char;
  }
  return text;
}

const NUMBER = /-?\d+(\.\d+)?([eE][-+]?\d+)?/y;

function numberSpelled(number: string, random: () => number): string {
  if (!/^(0|-?[1-9]\d*)$/.test(number)) return number;
  // 80 is 8e1 as well.
  const tens = number.replace(/^([1-9]\d*)0$/, "$1e1");
  const [, sign = "", first = "", rest = ""] = /^(-?)(\d)(\d*)$/.exec(number) ?? [];
  const split = Math.floor(random() * (rest.length + 1));
  const pointed = `${sign}${first}${rest.slice(0, split)}.${rest.slice(split)}0e${rest.length - split}`;
  const spellings = [
    number,
    tens,
    pointed,
    ...(number === "0" ? [] : [`${number}00e-2`]),
    `${number}.0`,
    `${number}e0`,
    `${number}.0E-0`,
    `${number}.00e+00`,
  ];
  return spellings[Math.floor(random() * spellings.length)] ?? number;
}
