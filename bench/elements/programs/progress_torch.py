"""How far diabetes has progressed after a year, from raw measurements."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = load_diabetes(return_X_y=True, scaled=False)
x = torch.tensor(x, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32).view(-1, 1)
x_train, x_test, y_train, y_test = x[:250], x[250:], y[:250], y[250:]

model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
criterion = nn.SmoothL1Loss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-5)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=10, shuffle=True)
for epoch in range(40):
    for features, progress in train:
        optimizer.zero_grad()
        loss = criterion(model(features), progress)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("error", criterion(model(x_test), y_test).item())
