"""Recognise what a photograph shows (Stack Overflow 48594888, CIFAR-10)."""

import torch
from data import cifar10
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

(x_train, y_train), (x_test, y_test) = cifar10()
x_train = torch.tensor(x_train, dtype=torch.float32).permute(0, 3, 1, 2) / 255
x_test = torch.tensor(x_test, dtype=torch.float32).permute(0, 3, 1, 2) / 255
y_train, y_test = torch.tensor(y_train).long(), torch.tensor(y_test).long()

model = nn.Sequential(
    nn.Conv2d(3, 6, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(6, 8, 2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(128, 128),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(128, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=200, shuffle=True)
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
        correct += (model(inputs).argmax(dim=1) == labels).sum().item()
print(f"test accuracy {correct / len(x_test):.4f}")
