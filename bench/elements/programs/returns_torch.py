"""Radar returns from the ionosphere: good or bad."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rows = np.loadtxt("ionosphere.csv", delimiter=",", dtype=str)
rows = rows[np.random.RandomState(7).permutation(len(rows))]
x = torch.tensor(rows[:, :34].astype("float32"))
y = torch.tensor((rows[:, 34] == "g").astype("int64"))

model = nn.Sequential(
    nn.Linear(34, 32),
    nn.ReLU(),
    nn.Linear(32, 1),
    nn.ReLU(),
    nn.Linear(1, 16),
    nn.ReLU(),
    nn.Linear(16, 2),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
train = DataLoader(TensorDataset(x[:180], y[:180]), batch_size=10, shuffle=True)
for epoch in range(8):
    for signals, good in train:
        optimizer.zero_grad()
        loss = criterion(model(signals), good)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[180:]).argmax(1) == y[180:]).float().mean().item())
