"""What a run is configured by; `RunConfig` holds all of it."""

from transfusion_tf.config.init import InitConfig as InitConfig
from transfusion_tf.config.run import DataConfig as DataConfig
from transfusion_tf.config.run import ModelConfig as ModelConfig
from transfusion_tf.config.run import RunConfig as RunConfig
from transfusion_tf.config.train import TrainConfig as TrainConfig
