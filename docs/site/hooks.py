# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of the site that lie elsewhere in the source tree, where people look for them first."""
import pathlib
import re

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).parents[2]
ELSEWHERE = {
    "changelog.md": "CHANGELOG.md",
    "examples/gnconv_vit.md": "plugins/gnconv_vit/README.md",
    "examples/channel_diversity.md": "plugins/channel_diversity/README.md",
}


def on_files(files, config):
    for page, source in ELSEWHERE.items():
        # Their links are relative to where they lie.
        text = re.sub(r"\]\((?:\.\./)*docs/", "](../", (ROOT / source).read_text())
        files.append(File.generated(config, page, content=text))
    icon = (ROOT / "packaging/icons/orderscope.svg").read_bytes()
    files.append(File.generated(config, "images/icon.svg", content=icon))
    return files


def on_page_markdown(markdown, **_):
    for page, source in ELSEWHERE.items():
        markdown = markdown.replace(f"](../{source})", f"]({page})")
    return markdown
