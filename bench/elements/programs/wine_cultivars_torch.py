"""Three cultivars of wine."""

import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = load_wine(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=1, stratify=y)
x_train = torch.tensor(x_train, dtype=torch.float32)
x_test = torch.tensor(x_test, dtype=torch.float32)
y_train = torch.tensor(y_train)
y_test = torch.tensor(y_test)

model = nn.Sequential(
    nn.Linear(13, 24),
    nn.Sigmoid(),
    nn.Linear(24, 24),
    nn.Sigmoid(),
    nn.Linear(24, 3),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
batches = DataLoader(TensorDataset(x_train, y_train), batch_size=8, shuffle=True)

for epoch in range(40):
    for features, cultivar in batches:
        optimizer.zero_grad()
        criterion(model(features), cultivar).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print((model(x_test).argmax(dim=1) == y_test).float().mean())
