"""D3 (Stack Overflow 45442843): one standardised feature, two classes as one-hot rows.

The original file is not public; this one has as many rows, and a class that follows from the feature with the
published share of the majority.
"""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

feature = np.random.default_rng(42).normal(size=(10000, 1))
x = torch.tensor(feature, dtype=torch.float32)
y = nn.functional.one_hot(torch.tensor(feature[:, 0] > -0.28).long(), 2).float()
x_train, x_test, y_train, y_test = x[:8000], x[8000:], y[:8000], y[8000:]

model = nn.Sequential(nn.Linear(1, 1), nn.Sigmoid(), nn.Linear(1, 2), nn.Softmax(dim=1))
nn.init.normal_(model[2].weight, std=0.05)
criterion = nn.L1Loss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=200, shuffle=True)
test = DataLoader(TensorDataset(x_test, y_test), batch_size=256)

for epoch in range(10):
    model.train()
    for inputs, labels in train:
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        optimizer.step()

model.eval()
correct = 0
with torch.no_grad():
    for inputs, labels in test:
        correct += (model(inputs).argmax(dim=1) == labels.argmax(dim=1)).sum().item()
print(f"test accuracy {correct / len(x_test):.4f}")
