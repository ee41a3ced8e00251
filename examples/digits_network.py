"""A trained network that reads digits well and dim digits badly, with the files to repair it: written into this folder.

    python digits_network.py
    netmend repair net.pth --architecture digits_network.py:net --repair-set wrong.npz --reference clean.npz \
        --held-out test.npz --generalisation dim.npz --harm 1%
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

DIM = np.float32([1] * 4 + [0.25] * 4)


def net():
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def main():
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32)
    # The right half of every digit in shadow.
    dim = (images.reshape(-1, 8, 8) * DIM).reshape(-1, 64)
    torch.manual_seed(0)
    model = net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(100):
        loss = nn.functional.cross_entropy(model(torch.tensor(images[:900])), torch.tensor(labels[:900]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = model(torch.tensor(dim)).argmax(1).numpy()
    wrong = np.flatnonzero(found[:900] != labels[:900])[:20]
    torch.save(model.state_dict(), "net.pth")
    for name, x, y in (
        ("wrong", dim[wrong], labels[wrong]),
        ("clean", images[:900], labels[:900]),
        ("test", images[900:], labels[900:]),
        ("dim", dim[900:], labels[900:]),
    ):
        np.savez(f"{name}.npz", x=x, y=y)


if __name__ == "__main__":
    main()
