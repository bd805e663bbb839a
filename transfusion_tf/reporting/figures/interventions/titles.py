"""How the figures of interventions are headed."""

from transfusion_tf.reporting.figures import marks


def title(table, what):
    """Network, what is drawn, images and which AUC.

    Args:
      table: rows with model, dataset, split, num_images, num_patients and
        metric, the same in all.
      what: is drawn, in a few words.
    """
    first = table.iloc[0]
    data = marks.data_title(first["dataset"], first["split"], first)
    return f"{first['model']}: {what}\n{data}; {first['metric']}"
