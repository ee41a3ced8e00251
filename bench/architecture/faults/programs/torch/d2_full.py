"""Tell a particle's decay from background (Stack Overflow 41600519): 31 columns as they come, two classes."""

import torch
from data import particles
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

(x_train, y_train), (x_test, y_test) = particles()
x_train, x_test = torch.tensor(x_train, dtype=torch.float32), torch.tensor(x_test, dtype=torch.float32)
y_train = torch.tensor(y_train, dtype=torch.float32).reshape(-1, 1)
y_test = torch.tensor(y_test, dtype=torch.float32).reshape(-1, 1)

model = nn.Sequential(
    nn.Linear(31, 600),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(600, 400),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(400, 100),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(100, 1),
    nn.Sigmoid(),
)
criterion = nn.BCELoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=1, shuffle=True)
test = DataLoader(TensorDataset(x_test, y_test), batch_size=256)

for epoch in range(1):
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
        correct += ((model(inputs) > 0.5) == (labels > 0.5)).sum().item()
print(f"test accuracy {correct / len(x_test):.4f}")
