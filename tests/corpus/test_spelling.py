import ast

import pytest

from netmend.corpus.spelling import modernised

OLD = {
    "Dense(8, init='uniform')": "Dense(8, kernel_initializer='uniform')",
    "Dense(8, W_regularizer=l2(0.1))": "Dense(8, kernel_regularizer=l2(0.1))",
    "Dense(output_dim=8, input_dim=3)": "Dense(units=8, input_dim=3)",
    "Embedding(output_dim=8, input_dim=3)": "Embedding(output_dim=8, input_dim=3)",
    "Dropout(p=0.5)": "Dropout(rate=0.5)",
    "layers.Convolution2D(32, 3, 3, border_mode='same')": "layers.Convolution2D(32, (3, 3), padding='same')",
    "Convolution2D(32, rows, columns)": "Convolution2D(32, (rows, columns))",
    "Convolution2D(nb_filter=32, nb_row=3, nb_col=5)": "Convolution2D(filters=32, kernel_size=(3, 5))",
    "Conv2D(32, 3, 3)": "Conv2D(32, (3, 3))",
    "Conv2D(32, 3, 2)": "Conv2D(32, 3, 2)",
    "Conv2D(32, 3, strides=2)": "Conv2D(32, 3, strides=2)",
    "SimpleConvolution2D(32, 3, 3)": "SimpleConvolution2D(32, 3, 3)",
    "Convolution1D(nb_filter=9, filter_length=3)": "Convolution1D(filters=9, kernel_size=3)",
    "tf.train.AdamOptimizer(0.1)": "tf.keras.optimizers.Adam(0.1)",
    "tf.contrib.keras.layers.Dense(1)": "tf.keras.layers.Dense(1)",
    "from tensorflow.contrib.keras import layers": "from tensorflow.keras import layers",
    "from . import layers": "from . import layers",
    "function(init=3, p=1)": "function(init=3, p=1)",
}


@pytest.mark.parametrize(("old", "new"), OLD.items())
def test_programs_for_older_versions_speak_as_todays(old, new):
    tree = modernised(ast.parse(old))
    assert ast.unparse(tree) == new
    compile(tree, "x.py", "exec")
