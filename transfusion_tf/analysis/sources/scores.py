"""All scores of a candidate network on a target: the rows of a table."""

from transfusion_tf.analysis.interventions import probing
from transfusion_tf.analysis.sources import features, transferability

LINEAR, KNN, LOGME, LEEP = "linear_auc", "knn_auc", "logme", "leep"
_PROBES = {LINEAR: probing.Linear(), KNN: probing.Neighbours()}
COLUMNS = (
    "source",
    "kind",
    "seed",
    "stage",
    "stage_index",
    "measure",
    "value",
    "low",
    "high",
    "interval",
    "level",
    "model",
    "dataset",
    "split",
    "image_size",
    "num_train_images",
    "num_images",
    "num_patients",
    "setting",
    "note",
)


class Scored:
    """All scores of a candidate on a target.

    Args:
      target: target.Target.
      candidate: candidates.Candidate.
      store: features.Store.

    Attributes:
      probabilities: {stage: (num_images, num_classes) of its linear probe}.
    """

    def __init__(self, target, candidate, store):
        self._target, self._candidate = target, candidate
        self.probabilities = {}
        self._features = {
            split: store.get(
                candidate.backbone, images, target.index[split]["id"]
            )
            for split, images in target.images.items()
        }

    def rows(self, stages):
        """Rows (dicts of COLUMNS) of all measures."""
        names = self._candidate.backbone.stage_names
        found = []
        for stage in stages:
            place = {"stage": stage, "stage_index": names.index(stage)}
            for measure, of_probe in _PROBES.items():
                found.append(
                    self._row(measure, place, self._probed(of_probe, stage))
                )
            found.append(self._row(LOGME, place, self._logme(stage)))
        place = {"stage": features.HEAD, "stage_index": len(names)}
        return [*found, self._row(LEEP, place, self._leep())]

    def _probed(self, of_probe, stage):
        train, test = (x[stage] for x in self._features.values())
        probed = self._target.questions.ask(of_probe, train, test)
        if isinstance(of_probe, probing.Linear):
            self.probabilities[stage] = probed.scores
        auc = probed.numbers["auc"]
        return {
            **{k: auc[k] for k in ("value", "low", "high", "interval")},
            "level": probed.numbers["level"],
            "num_images": probed.numbers["num_images"],
            "num_patients": probed.numbers["num_patients"],
            "setting": probed.setting,
            "note": auc["reason"] or auc["note"],
        }

    def _of_training_images(self, score, values):
        card = self._target.opened.card
        labels = self._target.index["train"]["label"]
        return score(
            values, labels, task=card.task, num_classes=len(card.classes)
        )

    def _logme(self, stage):
        value = self._of_training_images(
            transferability.logme, self._features["train"][stage]
        )
        note = "" if value is not None else "all images have one answer"
        return {"value": value, "note": note}

    def _leep(self):
        head = self._candidate.head
        if head is None:
            return {"note": self._candidate.no_head}
        logits = head.logits(self._features["train"][features.HEAD])
        value = self._of_training_images(
            transferability.leep, transferability.softmax(logits)
        )
        note = "" if value is not None else "no label is known"
        return {"value": value, "note": note}

    def _row(self, measure, place, numbers):
        target, candidate = self._target, self._candidate
        return {
            **dict.fromkeys(COLUMNS),
            "source": candidate.name,
            "kind": candidate.kind,
            "seed": candidate.seed,
            "measure": measure,
            "model": target.model,
            "dataset": target.opened.card.name,
            "split": target.split,
            "image_size": target.image_size,
            "num_train_images": target.images["train"].num_images,
            **place,
            **numbers,
        }
