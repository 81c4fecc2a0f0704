#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Man pages from the programs' own help: man_pages.py BIN_FOLDER OUT_FOLDER [DATE]. One for the window, one for the
command line, and one for each of its commands, as git has them."""
import datetime
import gzip
import pathlib
import sys

import program_options

FILES = r"""\fB~/.local/share/orderscope/weights\fR
downloaded checkpoints (\fB$XDG_DATA_HOME\fR)
\fB~/.local/share/orderscope/trusted\-sessions\fR
which sessions may name files outside their folder
\fB~/.config/orderscope/weights.json\fR
where they are kept instead (\fB$XDG_CONFIG_HOME\fR)"""
ENVIRONMENT = {
    "ORDERSCOPE_PLUGINS": "further folders of plugins: full paths with colons between them",
    "ORDERSCOPE_WEIGHTS": "the folder for downloaded checkpoints",
    "ORDERSCOPE_RESOURCES": "the folder with demo models and sample photos",
}
EXIT = {"0": "done", "1": "failed; one line on standard error says on what and why", "2": "wrong usage"}


def escape(text):
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return r"\&" + text if text[:1] in (".", "'") else text


def option_entry(option):
    value = option["value"].split()[0] if option["value"] else ""
    names = ", ".join(rf"\fB{escape(name)}\fR" for name in option["names"])
    notes = []
    if len(option["value"].split()) > 1:
        notes.append(option["value"].split(" ", 1)[1].removeprefix("in "))
    if option["choices"]:
        notes.append("one of " + ", ".join(option["choices"]))
    if option["default"]:
        notes.append("default " + option["default"])
    if option["required"] and not option["positional"]:
        notes.append("required")
    if option["excludes"]:
        notes.append("not with " + ", ".join(option["excludes"]))
    head = names + (rf" \fI{escape(value)}\fR" if value and not option["positional"] else "")
    text = escape(option["help"]) + (f" ({escape('; '.join(notes))})" if notes else "")
    return f".TP\n{head}\n{text or '.'}\n"


def section(title, entries):
    return f".SH {title}\n" + "".join(f".TP\n\\fB{escape(k)}\\fR\n{escape(v)}\n" for k, v in entries.items())


def options_of(command):
    text = ""
    positional = [option for option in command["options"] if option["positional"]]
    plain = [option for option in command["options"] if not option["positional"] and not option["group"]]
    if positional:
        text += ".SH ARGUMENTS\n" + "".join(map(option_entry, positional))
    if plain:
        text += ".SH OPTIONS\n" + "".join(map(option_entry, plain))
    for group in command["groups"]:
        text += f".SS {escape(group['name'])}: {escape(group['help'].strip())}\n"
        text += "".join(option_entry(option) for option in command["options"] if option["group"] == group["name"])
    return text


def page(name, command, version, date, body):
    title = name.replace(" ", "-")
    return (
        f'.TH {escape(title.upper())} 1 "{date}" "OrderScope {version}" "OrderScope"\n'
        f".SH NAME\n{escape(title)} \\- {escape(command['help'].rstrip('.'))}\n"
        f".SH SYNOPSIS\n.B {escape(program_options.usage(name, command))}\n" + body
    )


def command_pages(tree, version, date):
    for command in tree["commands"]:
        body = options_of(command)
        for names, sub in program_options.commands(command):
            full = f"orderscope-cli {command['name']} {' '.join(names)}"
            body += f".SH {escape(' '.join(names).upper())}\n.B {escape(program_options.usage(full, sub))}\n.PP\n"
            body += escape(sub["help"]) + "\n"
            own = [option for option in sub["options"] if option not in command["options"]]
            body += "".join(map(option_entry, own))
        body += section("EXIT STATUS", EXIT)
        body += ".SH SEE ALSO\n.BR orderscope\\-cli (1)\n"
        name = f"orderscope-cli {command['name']}"
        yield name, page(name, command, version, date, body)


def overview(tree, version, date):
    body = ".SH DESCRIPTION\nThe same analyses as in the window, for scripts and clusters. Each command has a page of its own.\n"
    body += section("COMMANDS", {command["name"]: command["help"] for command in tree["commands"]})
    body += options_of(tree) + section("ENVIRONMENT", ENVIRONMENT) + section("EXIT STATUS", EXIT)
    body += ".SH FILES\n" + "".join(f".TP\n{k}\n{v}\n" for k, v in zip(*[iter(FILES.splitlines())] * 2))
    pages = ", ".join(rf"\fBorderscope\-cli\-{escape(command['name'])}\fR(1)" for command in tree["commands"])
    return page("orderscope-cli", tree, version, date, body + f".SH SEE ALSO\n\\fBorderscope\\fR(1), {pages}\n")


def main():
    programs, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    date = sys.argv[3] if len(sys.argv) > 3 else datetime.date.today().isoformat()
    version = program_options.version(programs)
    tree = program_options.command_line(programs)
    pages = dict(command_pages(tree, version, date))
    pages["orderscope-cli"] = overview(tree, version, date)
    if window := program_options.window(programs):
        body = options_of(window) + section("ENVIRONMENT", ENVIRONMENT) + ".SH SEE ALSO\n.BR orderscope\\-cli (1)\n"
        pages["orderscope"] = page("orderscope", window, version, date, body)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        with open(out / f"{name.replace(' ', '-')}.1.gz", "wb") as file:
            file.write(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
