"""Tell two circles apart with probabilities from a sigmoid (1,000 points, scikit-learn): a correct program."""

import torch
from sklearn.datasets import make_circles
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 24)
        self.second = nn.Linear(24, 12)
        self.output = nn.Linear(12, 1)
        nn.init.xavier_uniform_(self.first.weight)
        nn.init.xavier_uniform_(self.second.weight)

    def forward(self, x):
        x = torch.tanh(self.first(x))
        x = torch.tanh(self.second(x))
        return torch.sigmoid(self.output(x))


x, y = make_circles(1000, noise=0.08, factor=0.5, random_state=0)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=0, stratify=y)
x_train, x_test = torch.tensor(x_train, dtype=torch.float32), torch.tensor(x_test, dtype=torch.float32)
y_train = torch.tensor(y_train, dtype=torch.float32).reshape(-1, 1)
y_test = torch.tensor(y_test, dtype=torch.float32).reshape(-1, 1)
train = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)

model = Net()
criterion = nn.BCELoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.005, weight_decay=1e-5)

for epoch in range(12):
    for rows, labels in train:
        optimizer.zero_grad()
        loss = criterion(model(rows), labels)
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("accuracy", ((model(x_test) > 0.5).float() == y_test).float().mean().item())
