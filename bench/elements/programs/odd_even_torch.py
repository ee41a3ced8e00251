"""Odd or even: handwritten digits."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32)
y = torch.tensor(y % 2, dtype=torch.float32).unsqueeze(1)

model = nn.Sequential(nn.Linear(64, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
loader = DataLoader(TensorDataset(x[:1000], y[:1000]), batch_size=32, shuffle=True)
for epoch in range(12):
    for digits, odd in loader:
        optimizer.zero_grad()
        loss = criterion(model(digits), odd)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", ((model(x[1000:]) > 0).float() == y[1000:]).float().mean().item())
