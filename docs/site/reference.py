#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/reference.md from what the programs say of their own options: reference.py BIN_FOLDER [--check]. With --check it
writes nothing and fails where the file says something else."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "packaging"))
import program_options  # noqa: E402

HEAD = """# All options

Made from the programs' own help by `scripts/docs --reference`; what the commands do and write says [the command line](command-line.md).
"""


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def row(option):
    names = ", ".join(f"`{name}`" for name in option["names"])
    value = f" `{option['value'].split()[0]}`" if option["value"] and not option["positional"] else ""
    notes = []
    if option["required"]:
        notes.append("required")
    if option["repeats"]:
        notes.append("several")
    if " " in option["value"]:
        notes.append(option["value"].split(" ", 1)[1].removeprefix("in "))
    if option["choices"]:
        notes.append(", ".join(option["choices"]))
    if option["excludes"]:
        notes.append("not with " + ", ".join(option["excludes"]))
    default = f"`{option['default']}`" if option["default"] else ""
    return f"| {names}{value} | {cell(option['help'])} | {cell('; '.join(notes))} | {default} |\n"


def table(options):
    if not options:
        return ""
    return "\n| | | values | default |\n|---|---|---|---|\n" + "".join(map(row, options))


def key(option):
    return (tuple(option["names"]), option["help"])


def section(name, command, common, level):
    text = f"\n{'#' * level} {name}\n\n{command['help'][0].upper()}{command['help'][1:]}.\n\n"
    text += f"`{program_options.usage('orderscope-cli ' + name, command)}`\n"
    own = [option for option in command["options"] if key(option) not in common]
    text += table([option for option in own if not option["group"]])
    for group in command["groups"]:
        text += f"\n{group['name'].capitalize()}: {group['help'].strip()}.\n"
        text += table([option for option in own if option["group"] == group["name"]])
    below = common | {key(option) for option in command["options"]}
    for sub in command["commands"]:
        text += section(f"{name} {sub['name']}", sub, below, level + 1)
    return text


def reference(programs):
    tree = program_options.command_line(programs)
    everywhere = set.intersection(*({key(option) for option in command["options"]} for command in tree["commands"]))
    shared = [option for option in tree["commands"][0]["options"] if key(option) in everywhere]
    text = HEAD + "\n## Every command\n" + table(shared)
    # Where one of them is required, the command's own table says it again.
    for command in tree["commands"]:
        common = {key(o) for o in command["options"] if key(o) in everywhere and not o["required"]}
        text += section(command["name"], command, common, 2)
    if window := program_options.window(programs):
        text += f"\n## The window\n\n{window['help']}\n\n`{program_options.usage('orderscope', window)}`\n"
        text += table(window["options"])
    return text


def main():
    file = ROOT / "docs/reference.md"
    text = reference(pathlib.Path(sys.argv[1]))
    if sys.argv[2:] != ["--check"]:
        file.write_text(text)
    elif not file.exists() or file.read_text() != text:
        sys.exit("docs/reference.md is not what the programs say; run scripts/docs --reference")


if __name__ == "__main__":
    main()
