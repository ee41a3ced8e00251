# status: 1
# needs: torch
# says: nonfinite-training
# says: its predictions are not finite
# A program to repair: it trains, badly. Within three runs no repair is found.
import torch
from torch import nn, optim

x = torch.cartesian_prod(torch.linspace(-3, 3, 16), torch.linspace(-3, 3, 16))
y = (x.sum(1) > 0.1).long()
x_train, y_train, x_test, y_test = x[::2], y[::2], x[1::2], y[1::2]
model = nn.Linear(2, 2)
optimizer = optim.Adam(model.parameters(), lr=0.1)
for epoch in range(5):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x_train) * float("nan"), y_train)
    loss.backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    print((model(x_test).argmax(1) == y_test).float().mean().item())
