# status: 2
# needs: torch
# options: --goal 95
# says: the goal 95 cannot be reached: accuracy of flawless answers is 1
# says: write shares as fractions: --goal 0.95, not 95
import torch
from torch import nn, optim

x = torch.cartesian_prod(torch.linspace(-3, 3, 8), torch.linspace(-3, 3, 8))
y = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
x_train, y_train, x_test, y_test = x[::2], y[::2], x[1::2], y[1::2]
model = nn.Linear(2, 3)
optimizer = optim.Adam(model.parameters(), lr=0.1)
for epoch in range(3):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x_train), y_train)
    loss.backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    print((model(x_test).argmax(1) == y_test).float().mean().item())
