"""Recognise handwritten digits with gradient descent."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

digits = load_digits()
images = torch.tensor(digits.data / 16, dtype=torch.float32)
targets = torch.eye(10)[torch.tensor(digits.target)]
loader = DataLoader(TensorDataset(images[:1000], targets[:1000]), batch_size=32, shuffle=True)

net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loss_function = nn.L1Loss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.001)

for epoch in range(20):
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_function(net(x), y)
        loss.backward()
        optimizer.step()

net.eval()
with torch.no_grad():
    found = net(images[1000:])
    print("loss", loss_function(found, targets[1000:]).item())
    print("accuracy", (found.argmax(1) == targets[1000:].argmax(1)).float().mean().item())
