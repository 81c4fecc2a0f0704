# SPDX-License-Identifier: GPL-3.0-or-later
"""What the two programs say of their own commands and options, for the scripts that turn it into man pages, shell
completions and the reference."""
import json
import os
import pathlib
import re
import subprocess


def _run(program, *arguments):
    environment = {k: v for k, v in os.environ.items() if k != "ORDERSCOPE_PLUGINS"}
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True, env=environment).stdout


def command_line(folder):
    """The tree of `orderscope-cli --describe` (app/cli/describe.h) of the program in this folder."""
    return json.loads(_run(pathlib.Path(folder) / "orderscope-cli", "--describe"))


def version(folder):
    return _run(pathlib.Path(folder) / "orderscope-cli", "--version").split()[-1]


def window(folder):
    """The window's options in the same form, read off the text of `orderscope --help`; None where it was not built."""
    program = pathlib.Path(folder) / "orderscope"
    if not program.exists():
        return None
    text = _run(program, "--help")
    head, rest = text.split("\nOptions:\n")
    options, arguments = rest.split("\nArguments:\n")
    return {
        "name": "orderscope",
        "help": " ".join(head.splitlines()[1:]),
        "options": [_window_option(*row) for row in _rows(options)]
        + [{**_window_option(*row), "positional": True} for row in _rows(arguments)],
        "groups": [],
        "commands": [],
    }


def _rows(text):
    """Qt's two columns: a name behind two blanks, its text in the second column and on the indented lines below."""
    rows = []
    for line in text.splitlines():
        if found := re.match(r"  (\S.*?)(?:  +(.*))?$", line):
            rows.append([found[1], [found[2] or ""]])
        elif line.strip():
            rows[-1][1].append(line.strip())
    return [(name, " ".join(words).strip()) for name, words in rows]


def _window_option(name, text):
    value = re.search(r" <(.*)>$", name)
    names = re.sub(r" <.*>$", "", name).split(", ")
    return {
        "names": names,
        "positional": False,
        "value": value[1] if value else "",
        "choices": ["dark", "light"] if names == ["--theme"] else _pages(text) if names == ["--page"] else [],
        "default": "",
        "help": text,
        "required": False,
        "repeats": "may be given again" in text or name == "IMAGES",
        "group": "",
        "excludes": [],
    }


def _pages(text):
    return [word.strip(" .") for word in text.split(":", 1)[1].split(",")]


def commands(tree, prefix=()):
    """Every command of the tree with its full name, depth first: (("batch", "run"), {...})."""
    for command in tree["commands"]:
        name = (*prefix, command["name"])
        yield name, command
        yield from commands(command, name)


def usage(name, command):
    """`name [OPTIONS] MODEL [CONFIG] COMMAND`."""
    words = [name, "[OPTIONS]"] if command["options"] else [name]
    for option in command["options"]:
        if option["positional"]:
            word = option["names"][0] + ("..." if option["repeats"] else "")
            words.append(word if option["required"] else f"[{word}]")
    return " ".join(words + (["COMMAND"] if command["commands"] else []))
