#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/images/house.svg, the map of the source tree: house.py [--check]. Rooms and their places are listed here; arrows are
the includes found in the tree, without those that follow from others. It fails where a folder has no room, or where an
include points upwards."""
import itertools
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parents[2]
WIDTH, ROOM_WIDTH, ROOM_HEIGHT, FLOOR = 1040, 212, 52, 78

# folder: (centre from the left, floor from the top, what it is for)
ROOMS = {
    "app/gui": (180, 0, "main window, pages, sessions"),
    "app/cli": (780, 0, "a file a command"),
    "widgets": (180, 1, "views of core results"),
    "widgets/figure": (180, 2, "colour scales, plates, PDF"),
    "core/run": (400, 3, "jobs, batch store, session files"),
    "core/train": (660, 3, "trainer, optimisers"),
    "core/weights": (890, 3, "published weights, downloads"),
    "plugins": (140, 3, "two plugins, as an example"),
    "core/plugins": (370, 4, "host, checks; core/plugin.h"),
    "core/image": (400, 5, "codecs, Pillow-exact resizing"),
    "core/dataset": (690, 4, "folders and lists of images"),
    "core/analysis": (400, 6, "a method a file"),
    "core/trace": (400, 7, "the one place that runs a model"),
    "core/models": (400, 8, "HorNet, Swin, ConvNeXt; taps"),
    "core/cuda": (370, 9, "kernels and graphs for a GPU"),
    "core/checkpoint": (620, 9, "safe readers, architecture"),
    "core/base": (860, 10, "results, files, jobs"),
}
# library: (floors, from the left, to the right, colour, text)
WALLS = [
    (0, 2, 60, 300, "#e3ecf7", "Qt"),
    (3, 5, 256, 1014, "#e8f3e6", "liborderscope_core: no Qt"),
    (6, 10, 256, 1014, "#fbf1dc", "liborderscope_engine: LibTorch only"),
]


def room_of(path):
    parts = path.parts
    if parts[0] == "core":
        return "core/" + (parts[1] if len(parts) > 2 else "plugins")
    if parts[0] == "widgets":
        return "widgets/figure" if parts[1] == "figure" else "widgets"
    return "/".join(parts[:2]) if parts[0] == "app" else parts[0]


def includes():
    found = set()
    for folder in ("app", "widgets", "core", "plugins"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix not in (".h", ".cpp") or file.name.endswith(".pch.h"):
                continue
            here = room_of(file.relative_to(ROOT))
            if here not in ROOMS:
                sys.exit(f"{here} has no room in {__file__}")
            for name in re.findall(r'#include "((?:app|core|widgets)/[^"]+)"', file.read_text()):
                there = room_of(pathlib.PurePath(name))
                if there != here:
                    found.add((here, there))
    return found


def reduced(edges):
    """Without an arrow that a way over other rooms implies."""
    below = {room: {b for a, b in edges if a == room} for room in ROOMS}
    for middle, room in itertools.product(ROOMS, ROOMS):
        if middle in below[room]:
            below[room] |= below[middle]
    below = {room: set().union(there, *(below[b] for b in there)) for room, there in below.items()}
    return sorted((a, b) for a, b in edges if not any(b in below[c] for x, c in edges if x == a and c != b))


def top(floor):
    return 44 + floor * FLOOR


def arrow(a, b):
    (xa, fa, _), (xb, fb, _) = ROOMS[a], ROOMS[b]
    if fa >= fb:
        sys.exit(f"{a} includes {b}, which is not below it")
    shift = max(-70, min(70, (xb - xa) / 3))
    x1, y1, x2, y2 = xa + shift, top(fa) + ROOM_HEIGHT, xb - shift, top(fb) - 3
    bend = min(50, (y2 - y1) / 2)
    return f'<path d="M{x1:.0f} {y1} C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2}"/>'


def svg():
    height = top(11)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
        "<title>The house: folders of the source tree; arrows are includes and point down</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#56606b"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#fbfbfa"/>',
    ]
    for first, last, left, right, colour, text in WALLS:
        y, bottom = top(first) - 24, top(last) + ROOM_HEIGHT + 8
        out.append(f'<rect x="{left}" y="{y}" width="{right - left}" height="{bottom - y}" rx="8" fill="{colour}"/>')
        anchor, x = ("end", right - 10) if first == 6 else ("start", left + (190 if first else 10))
        out.append(f'<text x="{x}" y="{y + 16}" text-anchor="{anchor}" fill="#56606b" font-size="12">{text}</text>')
    out.append('<g fill="none" stroke="#56606b" stroke-width="1.4" marker-end="url(#tip)">')
    out += [arrow(a, b).replace("/>", ' marker-end="url(#tip)"/>') for a, b in reduced(includes())]
    out.append("</g>")
    for name, (x, floor, text) in ROOMS.items():
        left, y = x - ROOM_WIDTH / 2, top(floor)
        out.append(
            f'<rect x="{left:.0f}" y="{y}" width="{ROOM_WIDTH}" height="{ROOM_HEIGHT}" rx="5" fill="#fff" stroke="#8a9099"/>'
            f'<text x="{x}" y="{y + 22}" text-anchor="middle" fill="#1f2226" font-weight="bold">{name}/</text>'
            f'<text x="{x}" y="{y + 40}" text-anchor="middle" fill="#3b434c" font-size="12">{text}</text>'
        )
    return "\n".join(out + ["</svg>", ""])


def main():
    file = ROOT / "docs/images/house.svg"
    text = svg()
    if sys.argv[1:] != ["--check"]:
        file.write_text(text)
    elif not file.exists() or file.read_text() != text:
        sys.exit("docs/images/house.svg is not the source tree; run docs/site/house.py")


if __name__ == "__main__":
    main()
