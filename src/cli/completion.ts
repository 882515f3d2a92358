import type { Verb } from "./verb.ts";

export const SHELLS: ReadonlySet<string> = new Set(["bash", "zsh", "fish"]);

/** A script that completes verbs and options, and files everywhere else. */
export function completion(verbs: readonly Verb[], shell: string): string {
  const names = [...verbs.map(({ name }) => name), "completion", "help"];
  const optionsOf = ({ options }: Verb) => [...Object.keys(options), "help"].map((name) => `--${name}`);
  switch (shell) {
    case "fish":
      return [
        "# firstsight completion fish | source",
        `complete -c firstsight -n __fish_use_subcommand -f -a "${names.join(" ")}"`,
        ...verbs.flatMap((verb) =>
          [...Object.keys(verb.options), "help"].map(
            (name) => `complete -c firstsight -n "__fish_seen_subcommand_from ${verb.name}" -l ${name}`,
          ),
        ),
        ...verbs.flatMap(({ name, words = [] }) =>
          words.length === 0
            ? []
            : [`complete -c firstsight -n "__fish_seen_subcommand_from ${name}" -f -a "${words.join(" ")}"`],
        ),
      ].join("\n");
    default:
      return [
        ...(shell === "zsh"
          ? ['# eval "$(firstsight completion zsh)"', "autoload -U +X bashcompinit && bashcompinit"]
          : ['# eval "$(firstsight completion bash)"']),
        "_firstsight() {",
        '  local word=$2 words=""',
        '  if [ "$COMP_CWORD" -eq 1 ]; then',
        `    words="${names.join(" ")}"`,
        "  elif [[ $word == -* ]]; then",
        // The first word of the line behind the command's name.
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
        "    case ${COMP_WORDS[1]} in",
        ...verbs.map((verb) => `      ${verb.name}) words="${optionsOf(verb).join(" ")}" ;;`),
        "    esac",
        '  elif [ "$COMP_CWORD" -eq 2 ]; then',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
        "    case ${COMP_WORDS[1]} in",
        ...verbs.flatMap(({ name, words = [] }) =>
          words.length === 0 ? [] : [`      ${name}) words="${words.join(" ")}" ;;`],
        ),
        '      *) COMPREPLY=($(compgen -f -- "$word")); return ;;',
        "    esac",
        "  else",
        '    COMPREPLY=($(compgen -f -- "$word"))',
        "    return",
        "  fi",
        '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
        "}",
        "complete -o filenames -F _firstsight firstsight",
      ].join("\n");
  }
}
