"""D6 (Stack Overflow 50306988): two boxes in the plane, two classes as one-hot rows.

Training data as published (160 of 200 points). The test set is drawn from the same boxes but has 400 points: the
published 8 are too few to tell anything.
"""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def boxes(points, seed):
    generator = np.random.default_rng(seed)
    low, high = generator.uniform(0.2, 0.4, (points, 2)), generator.uniform(0.5, 0.7, (points, 2))
    classes = torch.tensor([0] * points + [1] * points)
    return torch.tensor(np.vstack([low, high]), dtype=torch.float32), nn.functional.one_hot(classes, 2).float()


x_train, y_train = boxes(80, 42)
x_test, y_test = boxes(200, 43)

model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
test = DataLoader(TensorDataset(x_test, y_test), batch_size=256)

for epoch in range(5):
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
