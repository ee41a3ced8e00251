# status: 5
# needs: torch
# says: the program crashed: RuntimeError: mat1 and mat2 shapes cannot be multiplied
# says: (02_raises_in_the_loop.py:14)
import torch
from torch import nn, optim

x = torch.randn(64, 5)
y = torch.randint(0, 2, (64,))
model = nn.Sequential(nn.Linear(4, 2))
optimizer = optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
