"""Genuine or forged: banknotes by their wavelet transform."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def main():
    table = np.loadtxt("banknote_authentication.csv", delimiter=",", dtype=np.float32)
    np.random.RandomState(4).shuffle(table)
    x, y = torch.from_numpy(table[:, :4]), torch.from_numpy(table[:, 4:])
    train = DataLoader(TensorDataset(x[:800], y[:800]), batch_size=32, shuffle=True)

    model = nn.Sequential(nn.Linear(4, 12), nn.ReLU(), nn.Linear(12, 1))
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adadelta(model.parameters(), lr=0.01)
    for epoch in range(3):
        for features, forged in train:
            optimizer.zero_grad()
            loss = criterion(model(features), forged)
            loss.backward()
            optimizer.step()

    model.eval()
    with torch.no_grad():
        print("accuracy", ((model(x[800:]) > 0) == (y[800:] > 0.5)).float().mean().item())


main()
