"""Times the seed CNN in Keras 3 on TensorFlow: keras_seed.py train|infer BATCH jit|nojit WARMUP (see answer.py)."""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(2)
tf.config.threading.set_inter_op_parallelism_threads(2)
import keras
from answer import answer_timings
from keras import layers

job, batch, jit, warmup = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
keras.utils.set_random_seed(1)
conv = dict(padding="same", activation="relu")
model = keras.Sequential([
    layers.Input((32, 32, 3)),
    layers.Conv2D(32, 3, **conv), layers.Conv2D(32, 3, **conv), layers.MaxPooling2D(2), layers.Dropout(0.2),
    layers.Conv2D(64, 3, **conv), layers.Conv2D(64, 3, **conv), layers.MaxPooling2D(2), layers.Dropout(0.3),
    layers.Flatten(), layers.Dense(256, activation="relu"), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
])
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="categorical_crossentropy", metrics=["accuracy"], jit_compile=jit == "jit")
x = tf.random.uniform((batch, 32, 32, 3))
y = tf.one_hot(tf.random.uniform((batch,), 0, 10, tf.int32), 10)
forward = tf.function(lambda images: model(images, training=False), jit_compile=jit == "jit")
# The compiled step itself, without the Python around it that `train_on_batch` adds: Keras at its best.
model.make_train_function()


def train():
    model.train_function(iter([(x, y)]))


run = train if job == "train" else lambda: forward(x).numpy()
answer_timings(f"{keras.__version__} on tensorflow {tf.__version__}", warmup, run)
