"""Tell four nested shells in six dimensions apart (2,400 points, scikit-learn): a correct program."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import make_gaussian_quantiles
from torch.utils.data import DataLoader, TensorDataset


class Classifier(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.fc1 = nn.Linear(6, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, 4)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return F.log_softmax(self.fc3(x), dim=1)


def main():
    x, y = make_gaussian_quantiles(n_samples=2400, n_features=6, n_classes=4, random_state=4)
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
    train = DataLoader(TensorDataset(x[:1600], y[:1600]), batch_size=32, shuffle=True)
    test = DataLoader(TensorDataset(x[1600:], y[1600:]), batch_size=400)

    net = Classifier()
    loss_function = nn.NLLLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(20):
        for inputs, labels in train:
            optimizer.zero_grad()
            loss = loss_function(net(inputs), labels)
            loss.backward()
            optimizer.step()

    net.eval()
    right = 0
    with torch.no_grad():
        for inputs, labels in test:
            right += (net(inputs).argmax(1) == labels).sum().item()
    print("accuracy", right / 800)


if __name__ == "__main__":
    main()
