# status: 5
# needs: torch
# says: only 6 evaluation rows: halved, they leave 3
# says: let the program evaluate more rows
import torch
from torch import nn, optim

x = torch.cartesian_prod(torch.linspace(-3, 3, 16), torch.linspace(-3, 3, 16))
y = (x.sum(1) > 0.1).long()
x_train, y_train, x_test, y_test = x[6:], y[6:], x[:6], y[:6]
model = nn.Linear(2, 2)
optimizer = optim.Adam(model.parameters(), lr=0.1)
for epoch in range(5):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x_train), y_train)
    loss.backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    print((model(x_test).argmax(1) == y_test).float().mean().item())
