"""Prices of homes in California."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class Prices(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.hidden = nn.Linear(7, width)
        self.deeper = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        x = F.sigmoid(self.hidden(x))
        x = F.sigmoid(self.deeper(x))
        return self.out(x)


table = np.loadtxt("california-housing.csv.gz", delimiter=",", skiprows=1, usecols=(0, 1, 2, 3, 5, 6, 7, 8))
rows = np.random.RandomState(8).permutation(len(table))[:2400]
x = torch.tensor(table[rows, :7], dtype=torch.float32)
y = torch.tensor(table[rows, 7:] / 100000, dtype=torch.float32)
x_train, y_train, x_test, y_test = x[:1400], y[:1400], x[1400:], y[1400:]

model = Prices()
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
for epoch in range(20):
    for batch, price in loader:
        optimizer.zero_grad()
        loss = criterion(model(batch), price)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print(criterion(model(x_test), y_test).item())
