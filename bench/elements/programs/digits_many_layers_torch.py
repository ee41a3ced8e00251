"""Handwritten digits through five layers."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(64, 32)
        self.two = nn.Linear(32, 32)
        self.three = nn.Linear(32, 32)
        self.four = nn.Linear(32, 10)

    def forward(self, x):
        x = F.sigmoid(self.one(x))
        x = F.sigmoid(self.two(x))
        x = F.sigmoid(self.three(x))
        return self.four(x)


x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
model = Deep()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(TensorDataset(x[:1000], y[:1000]), batch_size=25, shuffle=True)
for epoch in range(15):
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[1000:]).argmax(1) == y[1000:]).float().mean().item())
