#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Completions for bash, zsh and fish from the programs' own options: completions.py BIN_FOLDER OUT_FOLDER writes
OUT/{bash,zsh,fish}/. Commands, options and the values of options with named choices are completed; everything else is
a file name."""
import pathlib
import sys

import program_options


def named(command):
    return [option for option in command["options"] if not option["positional"]]


def tables(tree):
    """(path of the command, its sub-commands, its options) for the program itself and every command."""
    yield (), tree
    yield from program_options.commands(tree)


def bash(tree):
    name = tree["name"]
    function = "_" + name.replace("-", "_")
    words, values = [], []
    for path, command in tables(tree):
        offers = [c["name"] for c in command["commands"]] + [n for o in named(command) for n in o["names"]]
        words.append(f'    "{" ".join(path)}") words="{" ".join(offers)}" ;;')
        for option in named(command):
            if option["choices"]:
                pattern = "|".join(f'"{" ".join(path)} {n}"' for n in option["names"])
                values.append(f'    {pattern}) choices="{" ".join(option["choices"])}" ;;')
    subcommands = " ".join(f'"{" ".join(path)}"' for path, _ in tables(tree) if path)
    return f"""# bash completion of {name}, made from its own options
{function}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} path="" words="" choices="" word known
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    for known in {subcommands or '""'}; do
      [ "$known" = "${{path:+$path }}$word" ] && path=$known && break
    done
  done
  case "$path $previous" in
{chr(10).join(values) or '    *) ;;'}
  esac
  if [ -n "$choices" ]; then mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current"); return; fi
  case "$path" in
{chr(10).join(words)}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  case "$current" in -*) return ;; esac
  mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen -f -- "$current")
}}
complete -o filenames -F {function} {name}
"""


def zsh_text(text):
    return text.replace("'", "'\\''").replace("[", "(").replace("]", ")").replace(":", "\\:")


def zsh_arguments(command):
    lines = []
    for option in named(command):
        value = ""
        if option["value"]:
            kind = zsh_text(option["value"].split()[0])
            value = f":{kind}:({' '.join(option['choices'])})" if option["choices"] else f":{kind}:_files"
        names = option["names"]
        again = "*" if option["repeats"] else ""
        for one in names:
            guard = "" if again or len(names) == 1 else f"({' '.join(names)})"
            lines.append(f"'{guard}{again}{one}[{zsh_text(option['help'])}]{value}'")
    return lines


def zsh(tree):
    name = tree["name"]
    parts = [f"#compdef {name}", f"# zsh completion of {name}, made from its own options"]
    for path, command in tables(tree):
        function = "_" + "_".join([name, *path]).replace("-", "_")
        lines = zsh_arguments(command)
        body = " \\\n    ".join([*lines, "'*:file:_files'"])
        if command["commands"]:
            listed = " ".join(f"'{c['name']}:{zsh_text(c['help'])}'" for c in command["commands"])
            cases = "\n".join(f"        {c['name']}) {function}_{c['name'].replace('-', '_')} ;;" for c in command["commands"])
            body = " \\\n    ".join([*lines, "'1: :->command'", "'*:: :->rest'"])
            parts.append(f"""{function}() {{
  local state line
  typeset -A opt_args
  _arguments -C \\
    {body}
  case $state in
    command) local -a commands=({listed}); _describe command commands ;;
    rest)
      case $line[1] in
{cases}
      esac ;;
  esac
}}""")
        else:
            parts.append(f"{function}() {{\n  _arguments -s \\\n    {body}\n}}")
    return "\n".join(parts) + f'\n_{name.replace("-", "_")} "$@"\n'


def fish_quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish(tree):
    name = tree["name"]
    lines = [f"# fish completion of {name}, made from its own options"]
    for path, command in tables(tree):
        seen = [f"__fish_seen_subcommand_from {word}" for word in path]
        below = [c["name"] for c in command["commands"]]
        here = " ; and ".join(seen + ([f"not __fish_seen_subcommand_from {' '.join(below)}"] if below else []))
        condition = f" -n {fish_quote(here)}" if here else ""
        for sub in command["commands"]:
            lines.append(f"complete -c {name}{condition} -f -a {sub['name']} -d {fish_quote(sub['help'])}")
        for option in named(command):
            flags = ""
            for one in option["names"]:
                flags += f" -l {one[2:]}" if one.startswith("--") else f" -s {one[1:]}"
            if option["value"]:
                flags += " -r"
            if option["choices"]:
                flags += f" -f -a {fish_quote(' '.join(option['choices']))}"
            lines.append(f"complete -c {name}{condition}{flags} -d {fish_quote(option['help'])}")
    return "\n".join(lines) + "\n"


def main():
    programs, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for tree in (program_options.command_line(programs), program_options.window(programs)):
        if tree is None:
            continue
        files = {f"bash/{tree['name']}": bash, f"zsh/_{tree['name']}": zsh, f"fish/{tree['name']}.fish": fish}
        for file, write in files.items():
            (out / file).parent.mkdir(parents=True, exist_ok=True)
            (out / file).write_text(write(tree))


if __name__ == "__main__":
    main()
