"""Draws a page.Page as one file of HTML that needs nothing beside it."""

import base64
import pathlib

import jinja2

from transfusion_tf import files

_TEMPLATES = pathlib.Path(__file__).parent / "templates"


def render(page, folder):
    """Returns the HTML of a Page, its pictures embedded.

    Args:
      page: page.Page.
      folder: directory of its pictures and tables.

    Raises:
      FileNotFoundError: a picture is missing.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.tests["kind"] = lambda block, name: type(block).__name__ == name

    def picture(name):
        data = (pathlib.Path(folder) / f"{name}.png").read_bytes()
        return "data:image/png;base64," + base64.b64encode(data).decode()

    template = environment.get_template("page.html.j2")
    style = (_TEMPLATES / "style.css").read_text()
    return template.render(page=page, picture=picture, style=style)


def write(page, folder):
    """Writes <folder>/index.html, whole or not at all; returns its path."""
    path = pathlib.Path(folder) / "index.html"
    files.write_text(path, render(page, folder))
    return path
