"""Tell two half moons apart with a deep sigmoid network and batch normalisation (1,000 points): a correct program."""

import torch
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = make_moons(1000, noise=0.15, random_state=0)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=0, stratify=y)
x_train, x_test = torch.tensor(x_train, dtype=torch.float32), torch.tensor(x_test, dtype=torch.float32)
y_train = torch.tensor(y_train, dtype=torch.float32).reshape(-1, 1)
y_test = torch.tensor(y_test, dtype=torch.float32).reshape(-1, 1)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=50, shuffle=True)

model = nn.Sequential(
    nn.Linear(2, 16),
    nn.BatchNorm1d(16),
    nn.Sigmoid(),
    nn.Linear(16, 16),
    nn.BatchNorm1d(16),
    nn.Sigmoid(),
    nn.Linear(16, 1),
)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.03)

for epoch in range(15):
    model.train()
    for rows, labels in train:
        optimizer.zero_grad()
        loss = criterion(model(rows), labels)
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("accuracy", ((model(x_test) > 0).float() == y_test).float().mean().item())
