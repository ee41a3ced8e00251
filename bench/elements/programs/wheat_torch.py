"""Three varieties of wheat by the shape of their kernels."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seeds = np.loadtxt("wheat-seeds.csv", delimiter=",")
seeds = seeds[np.random.RandomState(0).permutation(len(seeds))]
x = torch.tensor((seeds[:, :7] - seeds[:, :7].mean(0)) / seeds[:, :7].std(0), dtype=torch.float32)
y = torch.nn.functional.one_hot(torch.tensor(seeds[:, 7]).long() - 1, 3).float()

model = nn.Sequential(nn.Linear(7, 16), nn.ReLU(), nn.Linear(16, 3), nn.Tanh())
criterion = nn.L1Loss()
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.001)
loader = DataLoader(TensorDataset(x[:110], y[:110]), batch_size=10, shuffle=True)
for epoch in range(30):
    for inputs, varieties in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), varieties)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[110:]).argmax(1) == y[110:].argmax(1)).float().mean().item())
