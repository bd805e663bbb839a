"""The methods of a study as a paragraph that is ready to paste."""

from transfusion_tf import files
from transfusion_tf.reporting.html import page
from transfusion_tf.study.report.methods import (
    arm_facts,
    methods_data,
    methods_runs,
)

NAME = "methods"


def section(context):
    """The page.Section of the methods; writes methods.txt.

    None where the directories of all runs are gone.
    """
    arms = arm_facts.of_context(context)
    if not arms:
        return None
    text = "\n\n".join(written(context, arms)) + "\n"
    files.write_text(context.output_dir / f"{NAME}.txt", text)
    return page.Section(
        anchor=NAME,
        title="Methods, ready to paste",
        blocks=(
            page.Text(
                text=page.joined(
                    "Written from the settings, the data card and the runs. "
                    "What a program cannot know, such as where the patients "
                    "come from and who labelled the images, is for the "
                    "authors to add. The same text is in ",
                    page.link(f"{NAME}.txt", f"{NAME}.txt"),
                    ".",
                )
            ),
            page.Code(text=text, label="Methods of the study"),
        ),
    )


def written(context, arms):
    """The paragraphs, as a list of texts.

    Args:
      context: study.report.context.Context.
      arms: its ArmFacts.
    """
    return [
        methods_data.paragraph(context, arms),
        methods_runs.networks(context, arms),
        methods_runs.training(context, arms),
        methods_runs.statistics(context, arms),
        methods_runs.software(context, arms),
    ]
