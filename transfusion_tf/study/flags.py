"""absl flags derived from the fields of a study's configuration.

A binary imports this module and adopts its flags with
`flags.adopt_module_key_flags(study_flags)`.
"""

import dataclasses

from absl import flags

from transfusion_tf.config import define
from transfusion_tf.study import spec

FLAGS = flags.FLAGS
_OWN = {
    field.name: field
    for field in dataclasses.fields(spec.StudyConfig)
    if field.metadata
}


def from_flags(toml=None):
    """The StudyConfig that the parsed flags describe.

    Args:
      toml: file with settings of the study, which flags that are given
        override; None: the flags alone.
    """
    values = spec.read_toml(toml) if toml else {}
    for name in (*_OWN, *spec.run_settings()):
        if FLAGS[name].present:
            values[name] = FLAGS[name].value
    return spec.StudyConfig.from_values(values)


define.flags_of({**_OWN, **spec.run_settings()})
flags.adopt_module_key_flags(define)
