"""Good and bad radar returns from the ionosphere."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rows = np.loadtxt("ionosphere.csv", delimiter=",", dtype=str)
np.random.RandomState(0).shuffle(rows)
signals = torch.tensor(rows[:, :34].astype("float32"))
good = torch.tensor((rows[:, 34] == "g").astype("int64"))

model = nn.Sequential(nn.Linear(34, 24), nn.ReLU(), nn.Linear(24, 12), nn.ReLU(), nn.Linear(12, 2))
criterion = nn.NLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
loader = DataLoader(TensorDataset(signals[:180], good[:180]), batch_size=16, shuffle=True)
for epoch in range(20):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(signals[180:]).argmax(1) == good[180:]).float().mean().item())
