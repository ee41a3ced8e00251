"""Pictures of digits, a small convolutional network."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

digits = load_digits()
train_images, test_images = digits.images[:1100] / 16, digits.images[1100:]
x_train = torch.tensor(train_images, dtype=torch.float32).unsqueeze(1)
x_test = torch.tensor(test_images, dtype=torch.float32).unsqueeze(1)
y_train, y_test = torch.tensor(digits.target[:1100]), torch.tensor(digits.target[1100:])

model = nn.Sequential(
    nn.Conv2d(1, 12, kernel_size=3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(108, 32),
    nn.ReLU(),
    nn.Linear(32, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.3)
train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=50, shuffle=True)
for epoch in range(8):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x_test).argmax(1) == y_test).float().mean().item())
