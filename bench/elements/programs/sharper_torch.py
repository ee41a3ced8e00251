"""From a coarse picture of a digit to its sixteen pixels in the middle."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

images = torch.tensor(load_digits().images / 16, dtype=torch.float32).unsqueeze(1)
coarse = nn.functional.avg_pool2d(images, 2).flatten(1)
fine = images[:, 0, 2:6, 2:6].flatten(1)

model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 16), nn.Sigmoid())
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.00001)
loader = DataLoader(TensorDataset(coarse[:1000], fine[:1000]), batch_size=32, shuffle=True)
for epoch in range(15):
    for low, high in loader:
        optimizer.zero_grad()
        loss = criterion(model(low), high)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("mean squared error", nn.functional.mse_loss(model(coarse[1000:]), fine[1000:]).item())
