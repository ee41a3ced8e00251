"""Digits below five and above."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

images, digits = load_digits(return_X_y=True)
images = torch.tensor(images / 16, dtype=torch.float32)
high = torch.tensor(digits > 4, dtype=torch.float32).unsqueeze(1)
train = TensorDataset(images[:1000], high[:1000])

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
criterion = nn.BCELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
for epoch in range(15):
    for x, y in DataLoader(train, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", ((model(images[1000:]) > 0.5).float() == high[1000:]).float().mean().item())
