"""Makes the TFLite files of this folder: TensorFlow's own converter on small Keras models, seeds fixed.

Made with tensorflow-cpu 2.21.0 and keras 3.15.1 (KERAS_BACKEND=tensorflow); run `python make.py` in their environment.
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow

FOLDER = Path(__file__).parent
layers = keras.layers


def images(shape):
    return lambda: ([np.random.default_rng(seed).uniform(-1, 1, (1, *shape)).astype(np.float32)] for seed in range(20))


def write(name, model, how="float"):
    converter = tensorflow.lite.TFLiteConverter.from_keras_model(model)
    if how != "float":
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    if how == "half":
        converter.target_spec.supported_types = [tensorflow.float16]
    if how == "integers":
        converter.representative_dataset = images(model.inputs[0].shape[1:])
        converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tensorflow.uint8
    (FOLDER / f"{name}_{how}.tflite").write_bytes(converter.convert())


def residual():
    x = keras.Input((16, 16, 3))
    y = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    y = layers.ReLU(6.0)(layers.BatchNormalization()(y))
    y = layers.LeakyReLU()(layers.DepthwiseConv2D(3, padding="same")(y))
    y = layers.Add()([y, layers.Conv2D(8, 1)(y)])
    y = layers.MaxPooling2D(2, padding="same")(layers.AveragePooling2D(2)(y))
    return keras.Model(x, layers.Dense(10, activation="softmax")(layers.Flatten()(y)))


def wide():
    """Weights of more than 1024 numbers, which the converter stores in 8 bits while inputs stay real."""
    x = keras.Input((8, 8, 16))
    y = layers.DepthwiseConv2D(3, depth_multiplier=8, padding="same", activation="relu")(x)
    y = layers.GlobalAveragePooling2D()(layers.Conv2D(16, 3, strides=2)(y))
    return keras.Model(x, layers.Dense(80)(y))


def transformer():
    x = keras.Input((6, 8))
    y = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))
    z = layers.Dense(8)(layers.Dense(16, activation="gelu")(y))
    y = layers.LayerNormalization()(y + z)
    return keras.Model(x, layers.Dense(3)(layers.GlobalAveragePooling1D()(y)))


def pictures():
    x = keras.Input((7, 9, 3))
    y = layers.UpSampling2D(2)(layers.UpSampling2D(2, interpolation="bilinear")(x))
    y = layers.Cropping2D(2)(layers.ZeroPadding2D(1)(y))
    y = layers.PReLU(shared_axes=[1, 2])(layers.Conv2DTranspose(4, 3, strides=2, padding="same")(y))
    return keras.Model(x, layers.GroupNormalization(2)(layers.SeparableConv2D(4, 3, dilation_rate=2)(y)))


def recurrent():
    x = keras.Input((4, 5))
    return keras.Model(x, layers.Dense(3)(layers.LSTM(6, unroll=True)(x)))


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    same = residual()
    for how in ("float", "half", "integers"):
        write("residual", same, how)
    write("wide", wide(), "dynamic")
    write("transformer", transformer(), "integers")
    write("pictures", pictures(), "integers")
    write("recurrent", recurrent())
