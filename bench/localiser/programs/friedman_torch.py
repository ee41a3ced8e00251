"""Learn Friedman's first function of ten inputs from noisy samples (1,000 rows, scikit-learn): a correct program."""

import torch
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = make_friedman1(1000, noise=0.5, random_state=0)
y = (y - y.mean()) / y.std()
x_train, x_test, y_train, y_test = train_test_split(2 * x - 1, y, test_size=0.4, random_state=0)
x_train, x_test = torch.tensor(x_train, dtype=torch.float32), torch.tensor(x_test, dtype=torch.float32)
y_train = torch.tensor(y_train, dtype=torch.float32).reshape(-1, 1)
y_test = torch.tensor(y_test, dtype=torch.float32).reshape(-1, 1)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=30, shuffle=True)

model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005, weight_decay=1e-4)

for epoch in range(20):
    model.train()
    for rows, labels in train:
        optimizer.zero_grad()
        loss = criterion(model(rows), labels)
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("mean squared error", criterion(model(x_test), y_test).item())
