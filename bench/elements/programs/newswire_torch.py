"""Newswire stories of the commonest topics, as the words that occur in them."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

WORDS = 1000
news = np.load("reuters.npz")


def stories(share):
    tokens, offsets, topics = news[f"{share}_tokens"], news[f"{share}_offsets"], news[f"y_{share}"]
    chosen = np.flatnonzero(np.isin(topics, (1, 3, 4, 16, 19)))[:1500]
    bags = np.zeros((len(chosen), WORDS), "float32")
    for row, story in enumerate(chosen):
        words = tokens[offsets[story] : offsets[story + 1]]
        bags[row, words[words < WORDS]] = 1
    return torch.from_numpy(bags), torch.from_numpy(np.searchsorted((1, 3, 4, 16, 19), topics[chosen]))


x_train, y_train = stories("train")
x_test, y_test = stories("test")
model = nn.Sequential(nn.Linear(WORDS, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 5))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
num_epochs = 1
for epoch in range(num_epochs):
    model.train()
    for bags, topics in loader:
        optimizer.zero_grad()
        loss = criterion(model(bags), topics)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x_test).argmax(1) == y_test).float().mean().item())
