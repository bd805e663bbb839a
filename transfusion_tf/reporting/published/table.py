"""What a published table is, and its numbers as tidy rows."""

import dataclasses
import re

STAGES = ("conv1", "block1", "block2", "block3", "block4")
# How sure a number is.
CONFIDENCE = {
    "P": "read in the paper or in its authors' repository",
    "T": "quoted by third parties, not checked against the paper",
    "C": "computed here from numbers or figures of the authors",
}
DIMENSIONS = ("network", "dataset", "of", "at")
COLUMNS = (
    "quantity",
    *DIMENSIONS,
    "value",
    "spread",
    "low",
    "high",
    "source",
    "confidence",
    "protocol",
)
# A value, value±spread or value[low,high].
_NUMBER = re.compile(
    r"([\d.]+)(?:\N{PLUS-MINUS SIGN}([\d.]+))?(?:\[([\d.]+),([\d.]+)\])?"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
    """Numbers by two of the DIMENSIONS.

    Attributes:
      quantity: what the numbers are.
      source: paper, and table, figure or file there; may use {dataset}.
      confidence: one of CONFIDENCE.
      protocol: how the numbers came about, as far as they depend on it.
      fixed: {dimension: its one value}.
      rows: the dimension that the lines' first words are of.
      columns: (dimension, its values in order).
      text: the lines; each number as printed, with what is printed beside it.
      divisor: what printed numbers are divided by (100 for percent).
    """

    quantity: str
    source: str
    confidence: str
    protocol: str
    fixed: dict
    rows: str
    columns: tuple
    text: str
    divisor: int = 1

    def observations(self):
        """Yields a dict of COLUMNS for each number."""
        dimension, values = self.columns
        for line in self.text.strip().splitlines():
            key, *cells = line.split()
            for column, cell in zip(values, cells, strict=True):
                place = {**self.fixed, self.rows: key, dimension: column}
                yield {
                    "quantity": self.quantity,
                    **{name: place.get(name, "") for name in DIMENSIONS},
                    **self._numbers(cell),
                    "source": self.source.format(dataset=key),
                    "confidence": self.confidence,
                    "protocol": self.protocol,
                }

    def _numbers(self, cell):
        found = _NUMBER.fullmatch(cell).groups()
        found = [text and float(text) / self.divisor for text in found]
        return dict(zip(("value", "spread", "low", "high"), found, strict=True))
