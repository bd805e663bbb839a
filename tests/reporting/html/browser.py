"""Opens a page in Chromium and says what is wrong with it.

At the widths of a desk and of a telephone, light and dark, with text of twice
the size, by the keyboard alone, and printed.
"""

import base64
import contextlib
import pathlib
import urllib.parse

from tests.reporting.html import chromium, printed_pages

CONTRAST = 4.5  # WCAG 2.2, 1.4.3.
# Of A4 between its margins of 16 mm, at 96 pixels an inch.
_SHEET = round((210 - 2 * 16) / 25.4 * 96)
_CHECKS = (pathlib.Path(__file__).parent / "page_checks.js").read_text()
_TAB = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
_HEIGHT = 900
VIEWS = tuple((w, s) for w in (1280, 360) for s in ("light", "dark"))
_NO_NUMBERS = (
    "Object.assign(document.createElement('style'), "
    "{textContent: '@page { @bottom-right { content: none } }'})"
)


class Browser:
    """A Chromium that checks pages."""

    def __init__(self, tab):
        self._tab = tab

    def faults(self, path):
        """What is wrong with the page at `path`, in sentences."""
        self._open(pathlib.Path(path))
        found = self._ask("structure()") + self._ask("anchors()")
        found += self._ask("sources()") + self._files()
        found += self._printed()
        self._ask("unfold()")
        for width, scheme in VIEWS:
            self._view(width, scheme=scheme)
            wrong = self._ask("layout(false)")
            wrong += self._ask(f"contrast({CONTRAST})")
            found += [f"{width} px, {scheme}: {x}" for x in wrong]
        self._view(1280)
        found += self._keyboard()
        self._tab.evaluate("document.documentElement.style.fontSize = '200%'")
        found += [f"text of 200%: {x}" for x in self._ask("layout(false)")]
        return found + self._events()

    def pictures(self, path, folder):
        """Writes a page as PNG at each of VIEWS, and as PDF, into a folder.

        Returns:
          The paths.
        """
        path, folder = pathlib.Path(path), pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._open(path)
        self._view(_SHEET, media="print")
        images = {f"{path.stem}.pdf": self._pdf()}
        for width, scheme in VIEWS:
            self._view(width, scheme=scheme, scrollbars=False)
            whole = self._tab.call("Page.getLayoutMetrics")["cssContentSize"]
            shot = self._tab.call(
                "Page.captureScreenshot",
                captureBeyondViewport=True,
                clip={**whole, "scale": 1},
            )
            name = f"{path.stem}-{width}-{scheme}.png"
            images[name] = base64.b64decode(shot["data"])
        for name, image in images.items():
            (folder / name).write_bytes(image)
        return [folder / name for name in images]

    def _open(self, path):
        self._view(1280)
        self._tab.open(path)
        self._tab.evaluate(f"globalThis.checks = {_CHECKS}; 0")

    def _view(self, width, *, scheme="light", media="screen", scrollbars=True):
        self._tab.call("Emulation.setScrollbarsHidden", hidden=not scrollbars)
        self._tab.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=_HEIGHT,
            deviceScaleFactor=1,
            mobile=False,
        )
        self._tab.call(
            "Emulation.setEmulatedMedia",
            media=media,
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def _ask(self, check):
        return self._tab.evaluate(f"checks.{check}")

    def _files(self):
        """What links lead to that is not there."""
        found = []
        for link in self._ask("links()"):
            parts = urllib.parse.urlsplit(link)
            if parts.scheme == "file":
                if not pathlib.Path(urllib.parse.unquote(parts.path)).exists():
                    found.append(f"a link to {parts.path}, which is not there")
            elif parts.scheme not in ("http", "https", "mailto"):
                found.append(f"a link of an unknown kind: {link}")
        return found

    def _keyboard(self):
        """What Tab does not reach, or reaches without showing it."""
        self._tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
        for _ in range(self._ask("watchFocus()") + 2):
            for kind in ("rawKeyDown", "keyUp"):
                self._tab.call("Input.dispatchKeyEvent", type=kind, **_TAB)
        return self._ask("focus()")

    def _events(self):
        """Errors in the console, and what was loaded from elsewhere."""
        found = []
        for method, event in self._tab.events:
            if method == "Network.requestWillBeSent":
                url = event["request"]["url"]
                if not url.startswith(("file:", "data:")):
                    found.append(f"loads from elsewhere: {url}")
            elif method == "Runtime.exceptionThrown":
                details = event["exceptionDetails"]
                words = details.get("exception", {}).get("description")
                found.append(f"console: {words or details['text']}")
            elif method == "Runtime.consoleAPICalled":
                if event["type"] in ("error", "warning", "assert"):
                    words = [str(x.get("value")) for x in event["args"]]
                    found.append(f"console: {' '.join(words)}")
            elif method == "Log.entryAdded":
                if event["entry"]["level"] in ("error", "warning"):
                    found.append(f"console: {event['entry']['text']}")
        return found

    def _printed(self):
        """What is cut off, pale or blank on paper."""
        self._view(_SHEET, media="print", scrollbars=False)
        wrong = self._ask("layout(true)")
        wrong += self._ask(f"contrast({CONTRAST})")
        # The number of a page does not count as its content.
        self._tab.evaluate(f"document.head.append({_NO_NUMBERS})")
        pages = printed_pages.has_content(self._pdf())
        if not pages:
            wrong.append("no page")
        for number, filled in enumerate(pages, 1):
            if not filled:
                wrong.append(f"page {number} of {len(pages)} is blank")
        return [f"printed: {x}" for x in wrong]

    def _pdf(self):
        made = self._tab.call("Page.printToPDF", preferCSSPageSize=True)
        return base64.b64decode(made["data"])


@contextlib.contextmanager
def started(binary):
    """A Browser of a Chromium at the path `binary`, ended at the end."""
    with chromium.Chromium(binary) as tab:
        yield Browser(tab)
