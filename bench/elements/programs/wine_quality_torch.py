"""The quality that tasters gave to red wines."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

wines = np.loadtxt("winequality-red.csv", delimiter=",", dtype="float32")
np.random.RandomState(2).shuffle(wines)
features = (wines[:, :11] - wines[:, :11].mean(0)) / wines[:, :11].std(0)
quality = wines[:, 11:]
features, quality = torch.tensor(features), torch.tensor(quality)

net = nn.Sequential(nn.Linear(11, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
mse = nn.MSELoss()
adam = torch.optim.Adam(net.parameters(), lr=0.005)
train = DataLoader(TensorDataset(features[:1000], quality[:1000]), batch_size=32, shuffle=True)
for _ in range(20):
    for x, y in train:
        adam.zero_grad()
        mse(net(x), y).backward()
        adam.step()
net.eval()
with torch.no_grad():
    print("error", mse(net(features[1000:]), quality[1000:]).item())
