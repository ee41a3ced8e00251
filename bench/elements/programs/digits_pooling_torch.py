"""Handwritten digits seen by a convolution with pooling."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

images, labels = load_digits(return_X_y=True)
images = torch.tensor(images / 16, dtype=torch.float32).view(-1, 1, 8, 8)
labels = torch.tensor(labels)
train_loader = DataLoader(TensorDataset(images[:1000], labels[:1000]), batch_size=32, shuffle=True)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.ReLU(),
    nn.Dropout(0.95),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 16, 3, padding=1),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(256, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for epoch in range(4):
    model.train()
    for batch, digits in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(batch), digits)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(images[1000:]).argmax(1) == labels[1000:]).float().mean().item())
