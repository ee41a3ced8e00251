"""Values of homes in Boston's suburbs."""

import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

table = torch.tensor(np.loadtxt("boston-housing.csv", delimiter=","), dtype=torch.float32)
table = table[torch.randperm(len(table), generator=torch.Generator().manual_seed(0))]
X, y = table[:, :13], table[:, 13:]
X_train, y_train = X[:300], y[:300]
X_test, y_test = X[300:], y[300:]

model = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
criterion = nn.MSELoss()
optimizer = optim.Adadelta(model.parameters(), lr=0.001)
train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=10, shuffle=True)

for epoch in range(40):
    model.train()
    for features, price in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(features), price)
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("mean squared error", criterion(model(X_test), y_test).item())
