"""Recognise handwritten digits (Stack Overflow 48385830) with two dense layers."""

import torch
from data import mnist
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

(x_train, y_train), (x_test, y_test) = mnist()
x_train = torch.tensor(x_train, dtype=torch.float32).flatten(1) / 255
x_test = torch.tensor(x_test, dtype=torch.float32).flatten(1) / 255
y_train = nn.functional.one_hot(torch.tensor(y_train).long(), 10).float()
y_test = nn.functional.one_hot(torch.tensor(y_test).long(), 10).float()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(196, 30)
        self.output = nn.Linear(30, 10)
        nn.init.normal_(self.hidden.weight, std=1.0)
        nn.init.normal_(self.hidden.bias, std=1.0)
        nn.init.normal_(self.output.weight, std=1.0)
        nn.init.normal_(self.output.bias, std=1.0)

    def forward(self, x):
        x = self.hidden(x)
        return self.output(x)


model = Net()
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=3.0)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=10, shuffle=True)
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
