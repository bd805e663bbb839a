"""A page with every kind of block, and words and tables too wide for it."""

from PIL import Image

from transfusion_tf.reporting.html import page

LONG = "cbr_small-pretrained-synthetic_textures-all-lr0.001-seed0"
COLUMNS = ("arm", *(f"sensitivity at 0.{tenth}" for tenth in range(1, 10)))
INTERVAL = "+0.0123 [-0.0045, +0.0291]"
COMMAND = (
    "python run_scripts/run_study.py --dataset=synthetic_fundus --models="
    "cbr_tiny,cbr_small --seeds=12 --study_dir=studies/on_all_images_of_2024"
)


def make(folder):
    """Writes the files of the page into a folder; returns the page.Page."""
    Image.new("RGB", (1125, 600), "white").save(
        folder / "wide.png", dpi=(150, 150)
    )
    Image.new("RGB", (300, 3000), "white").save(folder / "tall.png")
    for name in ("wide", "tall"):
        (folder / f"{name}.pdf").write_bytes(b"%PDF-1.4\n")
    (folder / "auc.csv").write_text("arm,auc\n")
    return page.Page(
        title=f"Transfer learning on {LONG}",
        subtitle="cbr_tiny, cbr_small; 400 images of 200 patients",
        verdicts=("Pretrained helps.", "Small helps.", f"{LONG}: no verdict."),
        sections=(
            page.Section(anchor="verdicts", title="Verdicts", blocks=_tables()),
            page.Section(anchor="data", title="Data & audit", blocks=_texts()),
            page.Section(anchor=LONG, title=LONG, blocks=_figures()),
        ),
        footer=f"Made by transfusion_tf from {LONG}.",
    )


def _tables():
    marks = dict(
        zip(("helps", "hurts", "equivalent", "open"), _MARKS, strict=True)
    )
    return (
        page.Table(
            caption="Every planned comparison, each with its interval.",
            headings=("arm", "against", "difference [95%]", "verdict"),
            rows=tuple((LONG, "random", INTERVAL, word) for word in marks),
            numbers=(2,),
            files=("auc.csv",),
            marks=marks,
        ),
        page.Table(
            caption="More columns than a telephone or a sheet has room for.",
            headings=COLUMNS,
            rows=((LONG, *[INTERVAL] * (len(COLUMNS) - 1)),) * 3,
            numbers=tuple(range(1, len(COLUMNS))),
        ),
        page.Table(caption="Of two columns.", headings=("a", "b"), rows=()),
    )


_MARKS = ("good", "bad", "same", "open")


def _texts():
    see = page.link("the table", "auc.csv")
    paper = page.link("Raghu 2019", "https://arxiv.org/abs/1902.07208")
    return (
        page.Text(text=f"Less < more & {LONG}/{LONG}/{LONG}"),
        page.Text(text=page.joined("See ", see, ", ", paper, page.code(LONG))),
        page.Text(text=page.link("The figures", f"#{LONG}")),
        page.Bullets(items=("One.", LONG * 3)),
        page.Bullets(items=(f"{LONG} has one seed.",) * 2, kind="warning"),
        page.Code(text=COMMAND, label="The command of the study"),
        page.Details(
            title="Files that were left out",
            blocks=(
                page.Text(text="Folded text."),
                page.Code(text=COMMAND, label="The command, folded"),
            ),
        ),
        page.Details(
            title="Rules",
            blocks=(page.Text(text="On the screen alone."),),
            instead="auc.csv",
        ),
        page.Missing(title="Sizes", why="One size only.", command=COMMAND),
        page.Missing(title="Subgroups", why="The records have no columns."),
    )


def _figures():
    return tuple(
        page.Figure(
            name=name,
            title=f"AUC of {LONG}",
            sentence=f"The {name} picture shows no difference here.",
            reading="Each dot is a seed, and a line the mean of all.",
            alt=f"A {name} white rectangle.",
            files=("auc.csv",),
        )
        for name in ("wide", "tall")
    )
