"""A network that reads digits, and a conversion of it that reads many of them wrong: written into this folder.

    python digits_conversion.py
    netmend diagnose source.pt2 target.onnx --inputs digits.npz
    netmend repair source.pt2 target.onnx --inputs digits.npz
"""

import numpy as np
import onnx
import torch
from sklearn.datasets import load_digits
from torch import nn


def main():
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1),
        nn.BatchNorm2d(16),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(512, 10),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(40):
        loss = nn.functional.cross_entropy(model(torch.tensor(images[:900])), torch.tensor(labels[:900]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    batch = {0: torch.export.Dim("batch")}
    torch.export.save(torch.export.export(model, (torch.zeros(2, 1, 8, 8),), dynamic_shapes=(batch,)), "source.pt2")
    torch.onnx.export(model, (torch.zeros(2, 1, 8, 8),), "target.onnx", dynamic_shapes=(batch,), verbose=False)
    # Two mistakes that converters have made: a border put on the other side, and a slope that fell back to its default.
    target = onnx.load("target.onnx")
    for node in target.graph.node:
        for attribute in node.attribute:
            if node is target.graph.node[0] and attribute.name == "pads":
                attribute.ints[:] = [0, 0, 1, 1]
            elif node.op_type == "LeakyRelu":
                attribute.f = 0.01
    onnx.save(target, "target.onnx")
    np.savez("digits.npz", x=images[900:])


if __name__ == "__main__":
    main()
