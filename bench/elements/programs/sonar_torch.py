"""Rocks and metal cylinders by their sonar echoes."""

import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

table = np.loadtxt("sonar.csv", delimiter=",", dtype=str)
table = table[np.random.RandomState(1).permutation(len(table))]
echoes = torch.tensor(table[:, :60].astype("float32"))
metal = torch.tensor((table[:, 60:] == "M").astype("float32"))


class Sonar(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(60, 32),
            nn.Sigmoid(),
            nn.Linear(32, 16),
            nn.Sigmoid(),
            nn.Linear(16, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.layers(x)


model = Sonar()
criterion = nn.L1Loss()
optimizer = optim.SGD(model.parameters(), lr=0.01)
train_loader = DataLoader(TensorDataset(echoes[:110], metal[:110]), batch_size=10, shuffle=True)
for epoch in range(40):
    for batch, label in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(batch), label)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", ((model(echoes[110:]) > 0.5) == (metal[110:] > 0.5)).float().mean().item())
