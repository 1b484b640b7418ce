"""The report for auditors in Chromium, as people will see it: on a screen and a telephone, by day and by night, and on paper.

What the page says is judged by other tests. Here is judged what only a browser can tell: that nothing is asked for or complained of, that nothing sticks out
or is hidden, that text can be read against what is behind it, that charts have names for people who do not see them. Pictures of each stand below `target`.
"""

import os
import pathlib
import shutil
import tempfile

import browser
import harness
from estate import Estate

SECTIONS = [
    "Risk",
    "Findings",
    "Age of secrets",
    "Rotations",
    "Reach",
    "Inventory",
    "Controls",
    "Audit log",
    "What was looked at",
]

CHARTS = 2

HOSTILE = "<script>alert(1)</script>"
INJECTED = "\"><img src=x onerror=alert(2)>"
ENDLESS = "queue-sync-" + "x" * 120

SCREENS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
# A4 at 96 dots an inch, less the margins that Chromium leaves.
PAPER = 718

# WCAG 2.2, 1.4.3: text against what is behind it.
CONTRAST = 4.5


def estate(emulator, folder):
    """Secrets young and old, a client that takes turns, one that is gone, strangers with bad names, an audit log."""
    here = Estate(emulator, folder, os.environ["HALLPASS_FAKETIME"])
    queues = here.role("queue-sync", "routing:queue:view")
    figures = here.role("figures", "analytics:conversationDetail:view", "users:user:edit", "recordings:*:*")
    here.administrator(queues)
    first, second = here.client("queue-sync", [(queues, "*")]), here.client("queue-sync-b", [(figures, "*")])
    rotation = f"""[integrations.queue-sync.rotation]
administrator = "admin"
clients = ["{first['id']}", "{second['id']}"]
verify = ["GET /api/v2/routing/queues?pageSize=1"]"""
    rules = 'allow = ["GET /api/v2/routing/queues/**"]'
    here.integration("queue-sync", first, rules, rotation, age=61)
    looked_at = '[integrations.{}.provision]\nadministrator = "admin"\ngrants = [{{ role = "figures", division = "*" }}]'
    gone = here.client("gone")
    for name, keys, age in (
        ("monthly-figures-for-the-board", here.client("figures", [(figures, "*")]), 163),
        ("decommissioned", gone, 12),
        ("nobody-names-this-any-more", here.client("unnamed"), 200),
    ):
        here.integration(name, keys, rules, looked_at.format(name), age)
    here.forget("nobody-names-this-any-more")
    emulator.order(f"/clients/{gone['id']}/state", {"state": "removed"})
    for name in (HOSTILE, INJECTED, ENDLESS):
        here.client(name)
    here.client("left over", members={"description": "hallpass:test/left-over#abc123"})
    for _ in range(3):
        called = here.run("call", "queue-sync", "GET", "/api/v2/routing/queues")
        assert called.returncode == 0, called.stderr
    (here.folder / ".env").write_text("CLIENT_SECRET=planted-u8d9f7a6s5d4f3g2h1j0k9l8\n")
    return here


def report(here):
    """The report's address."""
    taken = here.run("inventory", "--html", "report.html")
    assert taken.returncode == 0, taken.stderr
    return (here.folder / "report.html").resolve().as_uri()


# What cannot be read, by its text: each piece of it, against everything that is painted behind it. Colours are blended as CSS does (source over).
FAINT = """(() => {
    const colour = text => {
        const [red, green, blue, alpha = 1] = text.match(/[\\d.]+/g).map(Number);
        return { rgb: [red, green, blue], alpha };
    };
    const over = (above, below) => above.rgb.map((one, at) => one * above.alpha + below[at] * (1 - above.alpha));
    const linear = one => (one /= 255) <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
    const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    const behind = element => element
        ? over(colour(getComputedStyle(element).backgroundColor), behind(element.parentElement))
        : [255, 255, 255];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const faint = [];
    let read = 0;
    while (texts.nextNode()) {
        const text = texts.currentNode.textContent.trim(), element = texts.currentNode.parentElement;
        if (!text) continue;
        read += 1;
        const style = getComputedStyle(element), ground = behind(element);
        const ink = over(colour(style.color), ground);
        const [dark, light] = [luminance(ink), luminance(ground)].sort((one, other) => one - other);
        const contrast = (light + 0.05) / (dark + 0.05);
        if (contrast < %s || Number(style.opacity) < 1) faint.push(`${text.slice(0, 40)} (${contrast.toFixed(2)})`);
    }
    return read > 0 ? faint : ["there is no text"];
})()""" % CONTRAST

# The headings that can be seen. What is cut off or has no size is not seen.
HEADINGS = """[...document.querySelectorAll("h2")].filter(heading =>
    heading.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && heading.getBoundingClientRect().height > 10
    && heading.getBoundingClientRect().right <= innerWidth).map(heading => heading.textContent)"""

# By how much the page is wider than its window, and what does not fit into its own box: nobody has to scroll sideways inside the page either, and on paper
# nobody can. The heads of tables are for the ears alone where rows are cards.
TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"
CUT_OFF = """[...document.querySelectorAll("body *:not(thead, thead *)")].filter(one => one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).display !== "inline" || one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => one.tagName + ": " + one.textContent.trim().slice(0, 40))"""

# Text that is there and not shown; a dash says nothing.
HIDDEN = """[...document.querySelectorAll("body *")].filter(one => !["", "–"].includes(one.textContent.trim())
    && !(one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && one.getClientRects().length))
    .map(one => one.tagName + ": " + one.textContent.trim().slice(0, 40))"""

GROUND = """getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"""


def faults(page, address, on_paper=False):
    """Everything that is wrong with a page, by kind."""
    found = {
        "complains": page.complaints,
        "asks": [one for one in page.requests if one != address],
        "is too wide": page.run(TOO_WIDE) > 0,
        "is faint": page.run(FAINT),
        "lacks headings": [one for one in SECTIONS if one not in page.run(HEADINGS)],
        "hides": page.run(HIDDEN),
        "cuts off": page.run(CUT_OFF),
        "has charts without a name": len([name for name in page.named("figure") if name]) < CHARTS,
    }
    if on_paper:
        found["is dark"] = sum(page.run(GROUND)) < 3 * 200
    return {what: why for what, why in found.items() if why}


def looks(picture):
    """How bright a picture is, and how many colours and how much that is not ground are in it."""
    rows = browser.pixels(picture)
    points = [point for row in rows for point in row]
    colours = {point: points.count(point) for point in set(points[:: max(1, len(points) // 500)])}
    bright = sum(sum(point) for point in points) / (3 * 255 * len(points))
    return bright, len(set(points)), 1 - max(colours.values()) / len(points)


def kept():
    """Where pictures stay for whoever wants to look."""
    folder = pathlib.Path(os.environ["HALLPASS_BIN"]).resolve().parent.parent / "interop" / "report"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def on_screens(chromium, address, folder):
    """At each size, in each scheme."""
    seen = {}
    for width, scheme in SCREENS:
        page = chromium.open(address, width, scheme=scheme)
        with harness.check(f"report: {width} wide and {scheme}: quiet, whole, readable, named"):
            found = faults(page, address)
            assert not found, found
        with harness.check(f"report: {width} wide and {scheme}: there is something to see"):
            (folder / f"{width}-{scheme}.png").write_bytes(page.picture())
            bright, colours, drawn = seen[width, scheme] = looks(page.picture(scale=0.25))
            assert (bright > 0.7) == (scheme == "light"), f"brightness {bright:.2f}"
            assert colours > 50 and drawn > 0.05, (colours, drawn)
    return seen


def on_paper(chromium, address, folder):
    """Printed by day and by night: paper is white."""
    for scheme in ("light", "dark"):
        page = chromium.open(address, PAPER, scheme=scheme, media="print")
        with harness.check(f"report: on paper while the screen is {scheme}: white, whole, readable"):
            found = faults(page, address, on_paper=True)
            assert not found, found
            (folder / f"paper-{scheme}.png").write_bytes(page.picture())
            pdf = page.paper()
            (folder / f"paper-{scheme}.pdf").write_bytes(pdf)
            assert pdf.startswith(b"%PDF") and len(pdf) > 10_000


def hostile(chromium, address):
    """Names that whoever administers the platform can choose."""
    page = chromium.open(address, 1280)
    with harness.check("report: hostile names are text"):
        said = page.run("document.body.innerText")
        for name in (HOSTILE, INJECTED, ENDLESS):
            assert name in said, name
        assert page.run('document.querySelectorAll("script, img, iframe, link, [onerror]").length') == 0
        assert page.complaints == [], page.complaints


def bad(chromium, folder):
    """A page with every fault there is: a check that does not see it would see nothing in the report either."""
    path = pathlib.Path(folder) / "bad.html"
    path.write_text(BAD)
    address = path.resolve().as_uri()
    with harness.check("report: what is looked for is found in a page that has it"):
        page = chromium.open(address, 390, scheme="dark", media="print")
        wanted = ["complains", "asks", "is too wide", "is faint", "lacks headings", "hides", "has charts without a name", "is dark", "cuts off"]
        assert sorted(faults(page, address, on_paper=True)) == sorted(wanted), faults(page, address, on_paper=True)
        blank = chromium.open("about:blank", 390)
        assert looks(blank.picture(scale=0.25))[1:] == (1, 0.0)


BAD = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><body style="background:#222;color:#333">
<h2>Risk</h2><h2 style="opacity:0">Findings</h2><figure></figure><img src="http://elsewhere.invalid/x.png" alt="">
<div style="width:900px">wide</div><p style="visibility:hidden">nobody sees this</p><script>console.error("no")</script></body></html>"""


def main():
    """One report, looked at in every way."""
    with harness.Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        address, pictures = report(estate(emulator, folder)), kept()
        shutil.copy(pathlib.Path(folder) / "report.html", pictures)
        with browser.Browser(os.environ["HALLPASS_CHROMIUM"]) as chromium:
            bad(chromium, folder)
            on_screens(chromium, address, pictures)
            on_paper(chromium, address, pictures)
            hostile(chromium, address)
    harness.finish()


main()
