"""Recognise handwritten digits (Stack Overflow 59325381) with a convolutional network."""

import torch
from data import mnist
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

(x_train, y_train), (x_test, y_test) = mnist()
x_train, y_train = x_train / 255, y_train / 255
x_train = torch.tensor(x_train, dtype=torch.float32).unsqueeze(1)
x_test = torch.tensor(x_test, dtype=torch.float32).unsqueeze(1)
y_train = torch.tensor(y_train, dtype=torch.long)
y_test = torch.tensor(y_test, dtype=torch.long)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 8, 3, padding=1),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(72, 64),
    nn.ReLU(),
    nn.Linear(64, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=10, shuffle=True)
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
