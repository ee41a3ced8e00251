"""Handwritten digits through four layers."""

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x / 16, y, test_size=0.4, random_state=9)
x_train, x_test = torch.tensor(x_train, dtype=torch.float32), torch.tensor(x_test, dtype=torch.float32)
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

model = nn.Sequential(
    nn.Linear(64, 32),
    nn.ReLU(),
    nn.Linear(32, 1),
    nn.ReLU(),
    nn.Linear(1, 16),
    nn.ReLU(),
    nn.Linear(16, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
for epoch in range(12):
    for images, labels in train:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x_test).argmax(1) == y_test).float().mean().item())
