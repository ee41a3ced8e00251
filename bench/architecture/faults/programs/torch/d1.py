"""D1 (Stack Overflow 31880720): constant rows, binary classification."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x_train = torch.cat([torch.ones(10000, 128), torch.zeros(10000, 128)])
y_train = torch.cat([torch.ones(10000, 1), torch.zeros(10000, 1)])
x_test = torch.cat([torch.ones(100, 128), torch.zeros(100, 128)])
y_test = torch.cat([torch.ones(100, 1), torch.zeros(100, 1)])

model = nn.Sequential(
    nn.Linear(128, 50),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(50, 50),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(50, 1),
    nn.Softmax(dim=1),
)
criterion = nn.BCELoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001, alpha=0.9)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
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
