"""Where the ink of a digit lies: the centre of its picture, learnt by a convolution."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

images = load_digits().images
rows, columns = np.mgrid[-1:1:8j, -1:1:8j]
ink = images.sum((1, 2))
centres = np.stack([(images * rows).sum((1, 2)) / ink, (images * columns).sum((1, 2)) / ink], axis=1) * 5
x = torch.tensor(images / 16, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(centres, dtype=torch.float32)


class Keypoints(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, x):
        return self.head(self.features(x))


model = Keypoints()
criterion = nn.MSELoss()
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.001)
train = DataLoader(TensorDataset(x[:1000], y[:1000]), batch_size=32, shuffle=True)
for epoch in range(2):
    for image, centre in train:
        optimizer.zero_grad()
        loss = criterion(model(image), centre)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("error", criterion(model(x[1000:]), y[1000:]).item())
