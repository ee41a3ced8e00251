# status: 5
# needs: torch
# says: no metric can be measured
# says: run the model in eval mode
import torch
from torch import nn, optim

x = torch.cartesian_prod(torch.linspace(-3, 3, 16), torch.linspace(-3, 3, 16))
y = (x.sum(1) > 0.1).long()
model = nn.Linear(2, 2)
optimizer = optim.Adam(model.parameters(), lr=0.1)
for epoch in range(5):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
print("loss", loss.item())
