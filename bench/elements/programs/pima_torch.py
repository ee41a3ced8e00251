"""Diabetes among women of the Pima."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

data = np.loadtxt("pima-indians-diabetes.csv", delimiter=",", dtype=np.float32)
data = data[np.random.RandomState(0).permutation(len(data))]
features, labels = torch.from_numpy(data[:, :8]), torch.from_numpy(data[:, 8:])
train_set = TensorDataset(features[:450], labels[:450])
train_loader = DataLoader(train_set, batch_size=16, shuffle=True)

model = nn.Sequential(
    nn.Linear(8, 16),
    nn.Tanh(),
    nn.Linear(16, 8),
    nn.Tanh(),
    nn.Linear(8, 1),
    nn.ReLU(),
)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)

for epoch in range(25):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    probabilities = model(features[450:])
print("accuracy", ((probabilities > 0.5).float() == labels[450:]).float().mean().item())
