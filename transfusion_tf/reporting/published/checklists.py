"""Items of reporting checklists, by their numbers and topics in our own words.

`filled` names what a report can fill an item with
(study.report.methods.checklists); None: only authors can.
"""

import typing

CLAIM = "CLAIM 2024"
TRIPOD = "TRIPOD+AI"
REFERENCES = {
    CLAIM: "Checklist for Artificial Intelligence in Medical Imaging, 2024 "
    "update: Tejani et al. 2024, Radiology: Artificial Intelligence",
    TRIPOD: "TRIPOD+AI statement: Collins et al. 2024, BMJ",
}


class Item(typing.NamedTuple):
    """One item: checklist, number, topic, and what fills it or None."""

    checklist: str
    number: str
    topic: str
    filled: str | None = None


def _items(checklist, text):
    """Items of lines "number | topic" or "number | topic | filled"."""
    for line in text.strip().splitlines():
        number, topic, *filled = [part.strip() for part in line.split("|")]
        yield Item(checklist, number, topic, *filled)


_CLAIM = """
1 | title names the kind of AI | methods_kind
2 | structured abstract
3 | background and clinical role
4 | aims and hypotheses | aims
5 | prospective or retrospective
6 | goal of the study | goal
7 | where the data come from | data_source
8 | who was included and excluded
9 | preprocessing of the data | preprocessing
10 | which part of the data was used | subsets
11 | de-identification | identities
12 | missing data | missing
13 | how images were acquired
14 | how the reference standard was obtained
15 | why this reference standard
16 | who annotated, with what training
17 | annotation of the test set
18 | variability between and within annotators
19 | how data were assigned to splits | splits
20 | what no two splits share | disjoint
21 | intended size of the test set | sample_size
22 | description of the networks | networks
23 | software with versions | software
24 | initialisation of the weights | initialisation
25 | training: augmentation, settings, number of networks | training
26 | how the final weights were chosen | selection
27 | ensembles | ensembles
28 | metrics | metrics
29 | statistical tests and uncertainty | statistics
30 | robustness and sensitivity | robustness
31 | explainability | representations
32 | evaluation on internal data | internal
33 | testing on external data
34 | registration of a clinical trial
35 | numbers included and excluded | flow
36 | demographic and clinical characteristics by split | characteristics
37 | performance with its uncertainty | performance
38 | diagnostic performance with its precision | diagnostic
39 | analysis of failures | failures
40 | limitations | limitations
41 | implications for practice
42 | protocol or further technical details | repeat
43 | availability of software, networks and data
44 | funding, and the role of funders
"""
_TRIPOD = """
1 | title
2 | abstract
3a | healthcare context, existing models
3b | target population, purpose and users
3c | known health inequalities
4 | objectives | aims
5a | sources of data | data_source
5b | dates of the data
6a | setting and centres
6b | eligibility
6c | treatments
7 | data preparation and quality checks | preprocessing
8a | definition of the outcome | outcome
8b | who assessed the outcome
8c | blinding of that assessment
9a | choice of predictors | images_only
9b | definition of predictors | preprocessing
9c | who assessed predictors
10 | sample size | sample_size
11 | missing data | missing
12a | how data were used and split | splits
12b | how predictors were handled | preprocessing
12c | type of model, building, tuning, internal validation | training
12d | heterogeneity across clusters
12e | measures and plots of performance | metrics
12f | updating of the model | updating
12g | how predictions were calculated | predictions
13 | class imbalance | imbalance
14 | fairness
15 | output of the model and thresholds | output
16 | differences between training and test data | characteristics
17 | ethical approval
18a | funding
18b | conflicts of interest
18c | protocol
18d | registration
18e | availability of data
18f | availability of code | repeat
19 | involvement of patients and the public
20a | flow of participants | flow
20b | characteristics of participants | characteristics
20c | comparison with the development data | characteristics
21 | numbers of participants and events in each analysis | flow
22 | the full model | model_files
23a | performance with intervals, also of subgroups | performance
23b | heterogeneity across clusters
24 | results of updating | updating
25 | interpretation
26 | limitations | limitations
27a | poor or missing input in use
27b | what users must do and know
27c | next steps
"""
ITEMS = (*_items(CLAIM, _CLAIM), *_items(TRIPOD, _TRIPOD))
