"""The pixel in the middle of a digit's picture from those around it."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

images = torch.tensor(load_digits().images / 16, dtype=torch.float32)
middle = (images[:, 3, 3] > 0.5).float().unsqueeze(1)
around = torch.cat([images[:, 2:5, 2:5].reshape(-1, 9)[:, :4], images[:, 2:5, 2:5].reshape(-1, 9)[:, 5:]], dim=1)

model = nn.Sequential(nn.Linear(8, 24), nn.ReLU(), nn.Linear(24, 1), nn.Sigmoid())
criterion = nn.L1Loss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
loader = DataLoader(TensorDataset(around[:1000], middle[:1000]), batch_size=50, shuffle=True)
for epoch in range(2):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", ((model(around[1000:]) > 0.5).float() == middle[1000:]).float().mean().item())
