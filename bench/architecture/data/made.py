"""Stand-ins of the same form as the real sets, made from installed packages, the same in every run.

They keep what a fault needs to show: classes that a small net tells apart but not at once, directions that depend on
the image and on the head, and so on. Figures measured on them say nothing about the real sets. All constants here are
own choices.
"""

from __future__ import annotations

import numpy as np

from bench.architecture.data.arrays import Array, Split, cut

SEED = 20230419


def digits() -> Split:
    """scikit-learn's 1,797 digits of 8 x 8 pixels, each also shifted by two pixels to four sides, on 14 x 14."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    small = (images.reshape(-1, 8, 8) * (255 / 16)).round().astype(np.uint8)
    order = np.random.default_rng(SEED).permutation(len(small))
    train, test = order[:1197], order[1197:]

    def shifted(rows: Array) -> tuple[Array, Array]:
        spots = [(3, 3), (1, 3), (5, 3), (3, 1), (3, 5)]
        canvas = np.zeros((len(spots), len(rows), 14, 14), dtype=np.uint8)
        for copy, (top, left) in zip(canvas, spots, strict=True):
            copy[:, top : top + 8, left : left + 8] = small[rows]
        return canvas.reshape(-1, 14, 14), np.tile(labels[rows], len(spots)).astype(np.uint8)

    x_train, y_train = shifted(train)
    kept = np.random.default_rng(SEED).permutation(len(x_train))[:2000]
    x_test, y_test = shifted(test)
    tested = np.random.default_rng(SEED).permutation(len(x_test))[:2000]
    x, y = np.concatenate([x_train[kept], x_test[tested]]), np.concatenate([y_train[kept], y_test[tested]])
    return cut("stand-in for MNIST: scikit-learn digits, shifted", x, y, 2000)


def textures() -> Split:
    """Ten kinds of stripes and blobs in mixed colours under heavy noise, 22 x 22 x 3."""
    draw = np.random.default_rng(SEED)
    labels = np.tile(np.arange(10, dtype=np.uint8), 400)
    rows, columns = np.mgrid[0:22, 0:22] / 22
    shapes = []
    for label in labels:
        angle = (label % 5) * np.pi / 5 + draw.normal(0, 0.15)
        waves = (3 if label < 5 else 5) * (rows * np.sin(angle) + columns * np.cos(angle))
        pattern = np.sin(2 * np.pi * (waves + draw.uniform()))
        colour = draw.dirichlet(np.ones(3)) * 3
        shapes.append(110 + 55 * pattern[..., None] * colour + draw.normal(0, 45, (22, 22, 3)))
    return cut("stand-in for CIFAR-10: generated textures", _bytes(np.stack(shapes)), labels, 2000)


def topics() -> Split:
    """Bags of 1,000 words about 46 topics as uneven as those of Reuters: every topic raises 25 words of its own."""
    draw = np.random.default_rng(SEED)
    share = 1 / np.arange(1, 47) ** 1.2
    labels = draw.choice(46, size=9431, p=share / share.sum()).astype(np.uint8)
    common = np.clip(0.5 / np.arange(1, 1001) ** 0.5, 0.01, 0.5)
    raised = np.stack([draw.choice(1000, 25, replace=False) for _ in range(46)])
    chance = np.tile(common, (46, 1))
    for topic, words in enumerate(raised):
        chance[topic, words] = np.clip(chance[topic, words] + draw.uniform(0.05, 0.35, 25), 0, 0.9)
    bags = (draw.uniform(size=(len(labels), 1000)) < chance[labels]).astype(np.uint8)
    return cut("stand-in for Reuters: generated sparse bags of words", bags, labels, 7185)


def eyes() -> Split:
    """Eye-like ellipses of 36 x 60 pixels whose iris shows where the eye looks, and two angles of the head.

    The gaze (pitch and yaw in radians) is that of the head plus that of the eye in its socket; only the second shows.
    """
    draw = np.random.default_rng(SEED)
    count = 5000
    head = draw.uniform((-0.25, -0.35), (0.25, 0.35), (count, 2))
    eye = draw.uniform((-0.3, -0.5), (0.3, 0.5), (count, 2))
    rows, columns = (axis[None] for axis in np.mgrid[0:36, 0:60] / 2.0)

    def each(values: Array) -> Array:
        return values[:, None, None]

    top, left = each(8.5 + draw.normal(0, 0.4, count)), each(14.5 + draw.normal(0, 0.4, count))
    opening = each(draw.uniform(5.5, 7.5, count))
    white = ((rows - top) / opening) ** 2 + ((columns - left) / 12.5) ** 2 < 1
    iris_row, iris_column = top - each(10 * np.sin(eye[:, 0])), left + each(14 * np.sin(eye[:, 1]))
    distance = np.hypot(rows - iris_row, columns - iris_column)
    skin = each(draw.uniform(110, 170, count))
    image = np.where(white, skin + 70, skin)
    dark = np.clip((4.2 - distance) / 1.2, 0, 1) * white
    image = image * (1 - dark) + 50 * dark - 40 * np.clip(2 - distance, 0, 1) * white
    noisy = _bytes(image + draw.normal(0, 6, image.shape))[..., None]
    source = "stand-in for UnityEyes: generated eye-like ellipses of known direction"
    gaze = (head + eye).astype(np.float32)
    return cut(source, noisy, gaze, 3000, head=head.astype(np.float32))


def voices() -> Split:
    """Magnitudes of 500 frequencies of quarter-second vowels by five speakers: own pitch and resonances, noise."""
    draw = np.random.default_rng(SEED)
    labels = np.tile(np.arange(5, dtype=np.uint8), 400)
    pitch = np.array([105.0, 118, 132, 190, 210])[labels] * np.exp(draw.normal(0, 0.07, len(labels)))
    resonance = np.array([[500, 1500], [560, 1350], [450, 1650], [600, 1750], [540, 1600]])[labels]
    resonance = resonance * np.exp(draw.normal(0, 0.08, resonance.shape))
    time = np.arange(1000) / 4000
    sounds = draw.normal(0, 0.8, (len(labels), 1000))
    for harmonic in range(1, 16):
        frequency = harmonic * pitch
        loud = sum(np.exp(-(((frequency - centre) / 150) ** 2)) for centre in resonance.T)
        phase = draw.uniform(0, 2 * np.pi, len(labels))
        sounds += (loud / harmonic**0.3)[:, None] * np.sin(2 * np.pi * frequency[:, None] * time + phase[:, None])
    magnitude = np.abs(np.fft.rfft(sounds))[:, :500, None].astype(np.float32)
    return cut("stand-in for the speaker recordings: generated vowels", magnitude, labels, 1400)


def road() -> Split:
    """Frames of 64 x 64 pixels of a bending road between meadows, and the steering angle that follows it."""
    draw = np.random.default_rng(SEED)
    count = 2400
    bend, offset = draw.uniform(-1, 1, count), draw.uniform(-0.4, 0.4, count)
    rows, columns = np.mgrid[0:64, 0:64] / 63
    far = 1 - rows
    frames = []
    for curve, aside in zip(bend, offset, strict=True):
        middle = 0.5 - aside * 0.5 * rows + curve * 0.45 * far**2
        on_road = np.abs(columns - middle) < 0.08 + 0.3 * rows
        colour = np.where(on_road[..., None], draw.uniform(80, 120), draw.uniform(40, 180, 3))
        frames.append(colour + draw.normal(0, 12, (64, 64, 3)))
    angle = (0.5 * bend - 0.4 * offset + draw.normal(0, 0.02, count)).astype(np.float32)
    return cut("stand-in for the Udacity frames: generated road", _bytes(np.stack(frames)), angle, 1400)


def particles() -> Split:
    """31 unscaled columns of a particle search: momenta, angles, missing values of -999, a weight; two thirds noise."""
    draw = np.random.default_rng(SEED)
    count = 2640
    background = (draw.uniform(size=count) < 0.66).astype(np.uint8)
    signal = 1.0 - background
    momenta = draw.gamma(2.0, 35.0, (count, 14)) * (1 + 0.7 * signal[:, None] * draw.uniform(0, 1, 14))
    angles = draw.uniform(-np.pi, np.pi, (count, 11)) * (1 - 0.2 * signal[:, None] * draw.uniform(0, 1, 11))
    masses = draw.normal(110 + 25 * signal[:, None], 30, (count, 5))
    missing = draw.uniform(size=(count, 5)) < np.where(signal[:, None] > 0, 0.25, 0.6)
    weight = draw.gamma(2.0, 0.8, (count, 1))
    table = np.concatenate([momenta, angles, np.where(missing, -999.0, masses), weight], axis=1)
    return cut("stand-in for the Higgs table: generated columns", table.astype(np.float32), background, 640)


def _bytes(values: Array) -> Array:
    return np.clip(values, 0, 255).round().astype(np.uint8)
