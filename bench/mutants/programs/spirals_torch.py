"""Tell three spirals in the plane apart (1,800 generated points): a correct program."""

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(2)
labels = rng.integers(0, 3, 1800)
radius = rng.uniform(0.2, 1.0, 1800)
angle = labels * 2 * np.pi / 3 + 4 * radius + rng.normal(0, 0.15, 1800)
points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) * 2
x, y = torch.tensor(points, dtype=torch.float32), torch.tensor(labels)
x_train, x_test, y_train, y_test = x[:1200], x[1200:], y[:1200], y[1200:]

model = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x_train, y_train), batch_size=32, shuffle=True)

for epoch in range(20):
    model.train()
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    accuracy = (model(x_test).argmax(dim=1) == y_test).float().mean()
print(f"accuracy {accuracy:.3f}")
