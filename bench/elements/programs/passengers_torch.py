"""Passengers of airlines next month, from the twelve months before."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

counts = np.loadtxt("airline-passengers.csv", delimiter=",", skiprows=1, usecols=1)
growth = np.log(counts)
growth = (growth - growth.mean()) / growth.std()
windows = np.stack([growth[i : i + 12] for i in range(len(growth) - 12)])
x = torch.tensor(windows, dtype=torch.float32)
y = torch.tensor(growth[12:], dtype=torch.float32).unsqueeze(1)
train = DataLoader(TensorDataset(x[:72], y[:72]), batch_size=8, shuffle=True)

model = nn.Linear(12, 1)
criterion = nn.MSELoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-5)
for epoch in range(100):
    for months, after in train:
        optimizer.zero_grad()
        loss = criterion(model(months), after)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("mean squared error", criterion(model(x[72:]), y[72:]).item())
