"""A net of three dense layers on 600 rows, five epochs of a plain loop: a fraction of a second of training."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

made = torch.Generator().manual_seed(0)
x = torch.rand(768, 8, generator=made)
y = (x.sum(dim=1, keepdim=True) > 4).float()

model = nn.Sequential(nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 1))
criterion = nn.BCEWithLogitsLoss()
optimiser = torch.optim.Adam(model.parameters(), lr=0.001)
train = DataLoader(TensorDataset(x[:600], y[:600]), batch_size=32, shuffle=True)
test = DataLoader(TensorDataset(x[600:], y[600:]), batch_size=32)

for epoch in range(5):
    model.train()
    for batch, labels in train:
        optimiser.zero_grad()
        loss = criterion(model(batch), labels)
        loss.backward()
        optimiser.step()
    model.eval()
    with torch.no_grad():
        right = sum(((model(batch) > 0).float() == labels).sum().item() for batch, labels in test)
    print(epoch, right)
