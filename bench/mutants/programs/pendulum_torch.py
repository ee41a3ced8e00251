"""Predict where a damped pendulum swings next from angle and speed (2,000 states): a correct program for regression."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(13)
states = rng.uniform([-3, -4], [3, 4], (2000, 2))
after = states.copy()
for _ in range(20):
    after[:, 1] += 0.05 * (-9.81 * np.sin(after[:, 0]) - 0.3 * after[:, 1])
    after[:, 0] += 0.05 * after[:, 1]
x = torch.tensor(states / [1.7, 2.3], dtype=torch.float32)
y = torch.tensor(after[:, 1:] / 4, dtype=torch.float32)
train_loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=32, shuffle=True)
x_test, y_test = x[1400:], y[1400:]

model = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(25):
    model.train()
    for batch, target in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(batch), target)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        error = criterion(model(x_test), y_test).item()
print("test error", error)
